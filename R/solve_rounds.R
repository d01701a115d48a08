# How a system is solved: plans of preconditioners, and rounds of refinement.

# ---- the preconditioner ----

# `nystrom` is NULL where there is none; it may grow up to `rank`.
read_preconditioner <- function(precond, rank, system, call) {
  if (inherits(precond, "kernel_solution")) {
    plan <- attr(precond, "solver")$plan
    if (length(plan$nystrom$left) %in% c(0L, system$n)) {
      return(plan)
    }
    abort_rkeops(
      "argument", "`precond` is a solution for another number of points.",
      call = call
    )
  }
  kind <- check_choice(
    if (length(precond) == 3L) precond[[1L]] else precond,
    c("auto", "nystrom", "none"), "precond", call
  )
  if (!is.null(rank)) rank <- check_count(rank, "rank", call)
  # a diagonal that is negative is that of no positive definite matrix
  if (kind == "none" || any(system$lambda < 0) || system$n == 0L) {
    return(list(rank = 0L))
  }
  plan <- list(
    rank = min(rank %||% largest_rank(system$n), system$n),
    enough = if (is.null(rank)) sum(rep_len(system$lambda, system$n)) / 10
  )
  if (kind == "nystrom") {
    plan <- grow_plan(plan, system, plan$rank, call)
  }
  plan
}

grow_plan <- function(plan, system, rank, call) {
  nystrom <- plan$nystrom %||% new_nystrom(system$tensor, call)
  if (!nystrom$is_semidefinite) {
    return(list(rank = 0L))
  }
  before <- ncol(nystrom$factor)
  nystrom <- grow_nystrom(
    nystrom, system$tensor, min(rank, plan$rank), plan$enough %||% 0, call
  )
  # what did not grow will not
  if (ncol(nystrom$factor) == before) plan$rank <- before
  plan$nystrom <- nystrom
  plan$preconditioner <- if (ncol(nystrom$factor)) {
    nystrom_preconditioner(nystrom, system$lambda)
  }
  plan
}

plan_rank <- function(plan) plan$preconditioner$rank %||% 0L

# How many iterations there are before a preconditioner is made, which takes as
# long: see largest_rank().
patience <- 10L

# How many there are in single precision before the residual is looked at.
patience_single <- 100L

# ---- rounds of refinement ----

# A round solves for the residual, with products in the precision of K, and
# less exactly than wanted; the residual is that of double precision.
solve_system <- function(system, b, x, plan, tol, maxit, call) {
  precise <- system_product(system, "float64", call)
  state <- list(
    x = x, plan = plan, precision = precision_of(system$tensor),
    method = "cg", trace = numeric(), size = Inf, is_spent = FALSE
  )
  scale <- column_norms(b)
  goal <- tol * scale
  scale[scale == 0] <- 1
  repeat {
    r <- if (any(state$x != 0)) b - precise(state$x) else b
    size <- column_norms(r)
    state <- judge_round(state, size, scale, goal, maxit)
    if (state$status != "continues") {
      return(state)
    }
    state <- solve_round(state, system, r, scale, goal, maxit, call)
  }
}

# Keeps the best solution, and decides whether another round is worth it.
judge_round <- function(state, size, scale, goal, maxit) {
  relative <- size / scale
  progress <- max(relative, 0) <= state$size / 2
  if (max(relative, 0) < state$size) {
    state$best <- state$x
    state$size <- max(relative, 0)
    state$residual <- relative
  }
  state$status <- if (all(size <= goal)) {
    "converged"
  } else if (length(state$trace) >= maxit) {
    "limit"
  } else if (progress || !state$is_spent) {
    "continues"
  } else if (state$precision == "float32") {
    state$precision <- "float64"
    "continues"
  } else {
    "stagnated"
  }
  state
}

solve_round <- function(state, system, r, scale, goal, maxit, call) {
  size <- column_norms(r)
  single <- state$precision == "float32"
  product <- system_product(system, state$precision, call)
  inner_goal <- pmax(goal / 2, size * if (single) 1e-5 else 1e-13)
  # a column that is done stays so
  inner_goal[size <= goal] <- Inf
  limit <- maxit - length(state$trace)
  can_grow <- state$method == "cg" && plan_rank(state$plan) < state$plan$rank
  if (can_grow) limit <- min(limit, patience)
  if (single) limit <- min(limit, patience_single)
  step <- if (state$method == "cg") {
    conjugate_gradients(
      product, r, state$plan$preconditioner$apply %||% no_preconditioner,
      inner_goal, limit, scale
    )
  } else {
    minimal_residuals(product, r, inner_goal, limit, scale)
  }
  state$x <- state$x + step$x
  state$trace <- c(state$trace, step$worst)
  # another round like this one would do no better if this one did nothing
  state$is_spent <- step$status == "converged" ||
    (step$status == "limit" && single && !can_grow)
  if (step$status == "indefinite") {
    if (single) {
      state$precision <- "float64"
    } else {
      state$method <- "minres"
      state$plan <- list(rank = 0L)
    }
  } else if (step$status == "limit" && can_grow) {
    state$plan <- grow_plan(state$plan, system, state$plan$rank, call)
  }
  state
}
