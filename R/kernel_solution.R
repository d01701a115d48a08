# The value of kernel_solve(), and solve() of lazy tensors.

# ---- the solution ----

report_convergence <- function(found, tol, maxit, call) {
  if (found$status == "converged") {
    return()
  }
  rlang::warn(
    c(
      sprintf(
        "`kernel_solve` reached a relative residual of %s, not %s, in %d %s.",
        format(found$size, digits = 2), format(tol), length(found$trace),
        if (found$status == "limit") "iterations" else
          "iterations: more have no effect"
      ),
      hint_bullets(c(
        if (found$status == "limit") {
          "A larger `maxit` or `rank` goes on."
        } else {
          "The matrix is singular to the digits of double precision."
        },
        "A larger `lambda` makes the system easier."
      ))
    ),
    class = c("rkeops_warning_convergence", "rkeops_warning"),
    residual = found$residual, iterations = length(found$trace), call = call
  )
}

new_solution <- function(found, b, system) {
  values <- found$best
  names <- point_names(system$tensor, "j")
  if (length(dim(b)) == 2L) {
    dimnames(values) <- if (!is.null(names) || !is.null(colnames(b))) {
      list(names, colnames(b))
    }
  } else {
    values <- rlang::set_names(values[, 1L], names)
  }
  structure(
    values, class = "kernel_solution",
    solver = list(
      iterations = length(found$trace), residual = found$residual,
      trace = found$trace, converged = found$status == "converged",
      status = found$status, method = found$method,
      rank = plan_rank(found$plan), precision = found$precision,
      lambda = system$lambda, plan = found$plan
    )
  )
}

plain_solution <- function(x) {
  attr(x, "solver") <- NULL
  unclass(x)
}

#' @rdname kernel_solve
#' @export
summary.kernel_solution <- function(object, ...) {
  solver <- attr(object, "solver")
  solver$plan <- NULL
  structure(
    c(solver, list(dim = dim(as.matrix(plain_solution(object))))),
    class = "summary.kernel_solution"
  )
}

#' @rdname kernel_solve
#' @export
print.summary.kernel_solution <- function(x, ...) {
  method <- c(
    cg = "Conjugate gradients", minres = "Minimal residuals"
  )[[x$method]]
  cat(sprintf(
    "%s, %s right-hand side%s of %s numbers\n", method, x$dim[[2L]],
    if (x$dim[[2L]] == 1L) "" else "s", format_count(x$dim[[1L]])
  ))
  cat(sprintf(
    "%d iterations, %s, products in %s\n", x$iterations,
    if (x$rank) sprintf("preconditioner of rank %d", x$rank) else
      "no preconditioner", x$precision
  ))
  cat(sprintf(
    "relative residual %s%s\n", format(max(x$residual, 0), digits = 2),
    if (x$converged) "" else ": did not converge"
  ))
  invisible(x)
}

#' @rdname kernel_solve
#' @export
print.kernel_solution <- function(x, ...) {
  print(summary.kernel_solution(x))
  values <- plain_solution(x)
  cat(if (is.matrix(values)) "first rows:\n" else "first numbers:\n")
  print(utils::head(values), ...)
  invisible(x)
}

#' @rdname kernel_solve
#' @export
plot.kernel_solution <- function(x, ...) {
  trace <- attr(x, "solver")$trace
  graphics::plot(
    seq_along(trace), trace, log = "y", type = "l", xlab = "iteration",
    ylab = "largest relative residual", ...
  )
}

# A number computed from a solution is no solution.
#' @export
Ops.kernel_solution <- function(e1, e2) { # nolint
  if (inherits(e1, "kernel_solution")) e1 <- plain_solution(e1)
  if (missing(e2)) {
    return(get(.Generic)(e1))
  }
  if (inherits(e2, "kernel_solution")) e2 <- plain_solution(e2)
  get(.Generic)(e1, e2)
}

# ---- solve() ----

#' @rdname kernel_solve
#' @param a A lazy tensor.
#' @export
solve.LazyTensor <- function(a, b, ...) { # nolint
  call <- sys.call()
  if (missing(b)) {
    check_no_more(list(...), call, "`kernel_solve()` takes right-hand sides.")
    a <- stored_with_message(a, "solve(K)", "kernel_solve(K, b)")
    return(about_function("solve", call, solve(a)))
  }
  is_square <- inner_dimension(a) == 1L && !is_complex_tensor(a) &&
    index_size(a, "i") == index_size(a, "j")
  if (is_square && is.null(asymmetric_entry(a))) {
    return(plain_solution(kernel_solve(a, b, ...)))
  }
  check_no_more(list(...), call, "They are for symmetric matrices.")
  a <- stored_with_message(a, "solve(K, b)", NULL)
  about_function("solve", call, solve(a, stored_matrix(b)))
}

# All entries of x, for what can be done without storing them by `instead`, or
# cannot; said once a session.
stored_with_message <- function(x, verb, instead) {
  if (prod(dim(x)) > largest_store) {
    abort_rkeops(
      "argument", sprintf(
        "`%s` would have to store all %s entries of the LazyTensor.", verb,
        format(prod(dim(x)))
      ),
      hints = c(
        sprintf("`%s` does not store them.", instead %||% character()),
        "`as.matrix(K, maximum = Inf)` stores them nevertheless."
      ), call = NULL
    )
  }
  value <- stored_matrix(x)
  rlang::inform(
    c(
      sprintf(
        "`%s` stores all %s entries of the LazyTensor.", verb,
        format_count(length(value))
      ),
      hint_bullets(
        sprintf("`%s` does not store them.", instead %||% character())
      )
    ),
    class = "rkeops_message_stored", .frequency = "once",
    .frequency_id = paste0("rkeops_stored_", verb)
  )
  value
}
