# How operators print.

#' Print an operator
#'
#' @param x,object An operator, made by [keops_kernel()] or [keops_grad()].
#' @param ... Not used.
#' @return `print()` returns `x` invisibly, `format()` the lines it prints;
#'   `summary()` what it prints as a list: the formula, the arguments as a data
#'   frame, the index and the dimension of the result, precision, axis, scheme
#'   of sums, engine, and whether it is compiled for it. `str()` prints one
#'   line.
#' @export
#' @examples
#' op <- keops_kernel("Sum_Reduction(x - y, 0)", c("x = Vi(3)", "y = Vj(3)"))
#' print(op)
#' summary(op)$arguments
print.keops_operator <- function(x, ...) {
  writeLines(format(x, ...))
  invisible(x)
}

#' @rdname print.keops_operator
#' @export
format.keops_operator <- function(x, ...) {
  state <- operator_state(x)
  description <- describe_operator(state)
  c(
    sprintf(
      "<keops_operator> %s, %s, %s", state$precision, engine_place(),
      format_compilation(description$compiled[[settings$engine]])
    ),
    paste0("  ", state$formula),
    paste0("  ", format_arguments(description$arguments)),
    paste0("  result: ", format_shape(
      description$result$index, description$result$dimension
    ))
  )
}

format_compilation <- function(is_compiled) {
  if (is_compiled) {
    return("compiled")
  }
  mode <- if (settings$engine == "cuda") "always" else settings$compile
  switch(mode,
    always = "compiled at the first call", never = "interpreted",
    auto = if (is.null(r_end_of_compiling())) {
      "interpreted until compiling is worth it"
    } else {
      "interpreted, since compiling failed"
    }
  )
}

format_arguments <- function(arguments) {
  if (!length(arguments$name)) {
    return("no arguments")
  }
  declared <- sprintf("%s(%d)", arguments$category, arguments$dimension)
  index <- c(Vi = "i", Vj = "j", Pm = "none")[arguments$category]
  order <- order(arguments$position)
  paste0(
    format(arguments$name), " = ", format(declared), "  ",
    mapply(format_shape, index, arguments$dimension)
  )[order]
}

format_shape <- function(index, dimension) {
  points <- c(i = "nx", j = "ny")[index]
  if (is.na(points)) {
    ngettext(dimension, "1 number", paste(dimension, "numbers"))
  } else {
    sprintf("%s x %d matrix", points, dimension)
  }
}

#' @rdname print.keops_operator
#' @export
summary.keops_operator <- function(object, ...) {
  state <- operator_state(object)
  description <- describe_operator(state)
  arguments <- as.data.frame(description$arguments)
  arguments <- arguments[order(arguments$position), ]
  rownames(arguments) <- NULL
  structure(list(
    formula = state$formula, arguments = arguments,
    result = description$result, precision = state$precision,
    axis = state$axis, sum_scheme = state$sum_scheme,
    engine = settings$engine,
    compiled = description$compiled[[settings$engine]],
    lines = format(object)
  ), class = "summary.keops_operator")
}

#' @rdname print.keops_operator
#' @export
print.summary.keops_operator <- function(x, ...) {
  writeLines(x$lines)
  cat("  sums: ", x$sum_scheme, "; last number of the formula: ",
      c(output = "the index of the result", reduced = "the index reduced")[[
        x$axis
      ]], "\n", sep = "")
  invisible(x)
}

#' @rdname print.keops_operator
#' @export
str.keops_operator <- function(object, ...) {
  state <- operator_state(object)
  arguments <- describe_operator(state)$arguments$name
  cat(" operator (", paste(arguments, collapse = ", "), ") ", state$formula,
      "\n", sep = "")
}
