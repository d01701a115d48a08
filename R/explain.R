# The stages between a formula and its program, as text.

#' Show a stage between the formula and the program
#'
#' @param op An operator, made by [keops_kernel()] or [keops_grad()]; or a lazy
#'   tensor `K`, of which `sum(K, index = "j")` is shown, from `"graph"` on.
#' @param what The stage: `"tree"`, the formula as it was read; `"graph"`, the
#'   checked formula with shared parts, dimensions and levels; `"gradient"`,
#'   what gradients in the formula became; `"simplify"`, each step of the
#'   simplifier: the rule, the part of the formula before and after;
#'   `"missing"`, the formula in which comparisons with `NA` give `NA`;
#'   `"plan"`, what is computed once, per row, per column, per pair, and at the
#'   end of a row; `"expansion"`, what is computed instead where the data allow
#'   it (see the option `expansion` in [set_rkeops_option()]); `"digits"`, how
#'   an operator in single precision keeps the digits of its inputs, and how
#'   the last call was computed; `"pruning"`, which pairs the last call left
#'   out, and what that took (see the option `pruning` in
#'   [set_rkeops_option()]); `"tolerance"`, whether sums may have a [tolerance],
#'   and what the last call did; `"source"`, the program;
#'   `"command"`, the command that compiles it; `"instructions"`, what the
#'   interpreter does instead; `"engine"`, where and how calls run; `"cost"`, of
#'   a lazy tensor with data, how long a sum over all pairs will take and what
#'   memory it needs, from a measurement of a part.
#' @param engine `"cpu"` or `"cuda"`, also one this machine cannot run. By
#'   default the one that calls use.
#'
#' @return A character vector of class `rkeops_explanation`, one line an
#'   element, which prints as text.
#' @export
#' @examples
#' op <- keops_kernel("Sum_Reduction(Exp(-SqDist(x, y)), 0)",
#'                    c("x = Vi(3)", "y = Vj(3)"))
#' explain(op, "plan")
#' explain(op, "source", engine = "cuda")
#' x <- matrix(runif(2e4), ncol = 2)
#' explain(gaussian_kernel(x, bandwidth = 0.1), "cost")
explain <- function(op, what = "source", engine = NULL) {
  call <- rlang::current_env()
  if (missing(op)) check_operator(op, "op", call)
  stages <- if (is.LazyTensor(op)) {
    c(explained_stages[-1L], "cost")
  } else {
    explained_stages
  }
  check_choice(what, stages, "what", call)
  engine <- engine %||% settings$engine
  check_choice(engine, c("cpu", "cuda"), "engine", call)
  if (what == "cost") {
    return(structure(cost_of_sum(op, call), class = "rkeops_explanation"))
  }
  lines <- if (is.LazyTensor(op)) {
    r_lazy_explain(
      native_operand(op), evaluation("Sum", integer(), "j", precision_of(op)),
      what, engine
    )
  } else {
    check_operator(op, "op", call)
    r_operator_explain(operator_state(op)$pointer, what, engine)
  }
  structure(check_native(lines, call), class = "rkeops_explanation")
}

explained_stages <- c(
  "tree", "graph", "gradient", "simplify", "missing", "plan", "expansion",
  "digits", "pruning", "tolerance", "source", "command", "instructions",
  "engine"
)

#' @rdname explain
#' @param x What `explain()` returned.
#' @param ... Not used.
#' @export
print.rkeops_explanation <- function(x, ...) {
  writeLines(unclass(x))
  invisible(x)
}
