# Gradients through the solution of a linear system.

#' The gradient through a solution
#'
#' For a quantity that depends on the solution `a` of `(K + diag(lambda)) a = b`
#' and whose gradient in `a` is `gradin`, this gives its gradients in `b`, in
#' `lambda` and in data of `K`: one more system and one more product, by the
#' adjoint method, however many numbers there are.
#'
#' @param K,lambda The system, as for [kernel_solve()].
#' @param solution Its solution, by [kernel_solve()] or [solve()].
#' @param gradin The gradient in the solution: of its shape, or one number.
#' @param var `NULL`, or a variable of `K`: the lazy tensor made from the data
#'   (`x_i <- Vi(x)`, a parameter `h <- Pm(0.2)`), its name or its place, as in
#'   [grad()]. Where the same data are two variables of `K`, `Vi(x)` and
#'   `Vj(x)`, the gradient in the data is the sum of both.
#' @param ... Arguments of [kernel_solve()] for the other system, such as `tol`
#'   and `precond`. Where `solution` is by `kernel_solve()`, its preconditioner
#'   is used again.
#' @return A list: `b`, of the shape of `b`; `lambda`, a number, or as many as
#'   `lambda` has; and, where `var` is given, `var`, of the shape of its data
#'   (of one row for a parameter).
#' @seealso [grad()], [lazy_objective()].
#' @concept adjoint
#' @concept gradient
#' @export
#' @examples
#' \dontshow{
#' previous <- set_rkeops_options(threads = 2, precision = "float64")
#' }
#' x <- scale(quakes[1:200, c("lat", "long")])
#' h <- Pm(0.5)
#' K <- lazy_apply("Gauss", Vi(x), Vj(x), h)
#' a <- kernel_solve(K, quakes$depth[1:200], 0.1)
#' # of sum(a^2) / 2, in the range of the kernel
#' kernel_solve_gradient(K, 0.1, a, a, h)$var
#' \dontshow{set_rkeops_options(previous)}
kernel_solve_gradient <- function(K, lambda, solution, gradin, # nolint
                                  var = NULL, ...) {
  call <- rlang::current_env()
  system <- new_system(K, lambda, "kernel_solve_gradient", call)
  a <- check_right_side(solution, "solution", system, call)
  if (missing(gradin)) {
    abort_argument("gradin", "one number, or as many as `solution`", , call)
  }
  weight <- if (checkmate::test_number(gradin, finite = TRUE)) {
    array(as.double(gradin), dim(a))
  } else {
    check_right_side(gradin, "gradin", system, call)
  }
  if (!identical(dim(weight), dim(a))) {
    abort_argument("gradin", "of the shape of `solution`", gradin, call)
  }
  options <- list(...)
  if (is.null(options$precond) && inherits(solution, "kernel_solution")) {
    options$precond <- solution
  }
  w <- plain_solution(do.call(
    kernel_solve, c(list(system$tensor, weight, system$lambda), options)
  ))
  of_lambda <- -rowSums(w * a)
  list(
    b = if (is.matrix(solution)) w else c(w),
    lambda = if (length(lambda) > 1L) of_lambda else sum(of_lambda),
    var = if (!is.null(var)) solution_gradient(system$tensor, w, a, var, call)
  )
}

# The gradient of -sum(w * (K a)) for fixed w and a.
solution_gradient <- function(K, w, a, var, call) { # nolint
  variable <- find_variable(K, var, call)
  precision <- precision_of(K)
  weight <- sum(Vi(w, precision = precision) * Vj(a, precision = precision))
  # weights of one column are a number at each pair too
  weight@state$number <- TRUE
  grad(-K * weight, 1, "Sum", variable, "j")
}
