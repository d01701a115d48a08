# The formula language as tables, straight from the tables of the native code.

#' The formula language
#'
#' Every operation and every reduction that a formula can use, with its
#' definition, its derivative and an example. The vignette
#' `vignette("formula-language", package = "rkeops")` explains the rules around
#' them and prints both tables.
#'
#' @param table `"operations"` or `"reductions"`.
#' @return A data frame with one row for each name: `name`, `also` (other
#'   spellings), `arguments`, `dimensions` (of the formulas among them, and of
#'   the value; in elementwise operations one of dimension 1 is repeated),
#'   `definition`, `derivative`, `empty` (of a
#'   reduction: its value when there is nothing to reduce), and `example`, a
#'   formula of the variables `x = Vi(3)`, `y = Vj(3)`, `b = Vj(2)`,
#'   `z = Vi(4)`, `w = Vj(4)`, `p = Pm(1)`, `c = Pm(2)`, `A = Pm(6)`,
#'   `Q = Pm(9)`, `knots = Pm(7)`.
#' @seealso [keops_kernel()]
#' @export
#' @examples
#' operations <- formula_language()
#' nrow(operations)
#' operations[operations$name == "Matern52", c("definition", "example")]
#' formula_language("reductions")$name
formula_language <- function(table = "operations") {
  call <- rlang::current_env()
  if (!checkmate::test_choice(table, c("operations", "reductions"))) {
    abort_argument("table", "\"operations\" or \"reductions\"", table, call)
  }
  check_native(r_language(table), call)
}
