# Arithmetic of matrices on the GPU, by operators like any other: formulas of
# the numbers of an entry, in double precision.

methods::setOldClass("gpu_matrix")

gpu_operators <- new.env(parent = emptyenv())

# Made once in a session; the native code knows what is compiled.
gpu_operator <- function(formula, args, call) {
  key <- paste(c(formula, args), collapse = " ")
  if (is.null(gpu_operators[[key]])) {
    gpu_operators[[key]] <- new_operator(
      formula, args, "output", "float64", "block", call
    )
  }
  operator_state(gpu_operators[[key]])
}

# Whether what is on the GPU can be computed there.
computes_on_gpu <- function() {
  settings$engine == "cuda" && length(settings$devices) == 1L
}

is_one_number <- function(x) length(x) == 1

# `formula` of x, or of x and y; numbers are parameters.
gpu_entries <- function(formula, operands, call, reduced = FALSE) {
  names(operands) <- c("x", "y")[seq_along(operands)]
  is_entry <- !vapply(operands, is_one_number, NA)
  # all of them numbers
  if (!any(is_entry)) is_entry <- vapply(operands, is_gpu_matrix, NA)
  operands[is_entry] <- lapply(operands[is_entry], to_gpu)
  shapes <- unique(lapply(operands[is_entry], dim))
  if (length(shapes) > 1L) {
    abort_rkeops(
      "shape", sprintf(
        "Non-conformable matrices: %s.",
        paste(vapply(shapes, paste, "", collapse = " x "), collapse = " and ")
      ), call = call
    )
  }
  args <- sprintf(
    "%s = %s(1)", names(operands), ifelse(is_entry, "Vi", "Pm")
  )
  state <- gpu_operator(formula, args, call)
  shape <- shapes[[1L]]
  check_native(r_gpu_entries(
    state$pointer, unname(operands), shape[[1L]], shape[[2L]], reduced
  ), call)
}

#' @rdname to_gpu
#' @export
Ops.gpu_matrix <- function(e1, e2) { # nolint: object_name_linter.
  call <- sys.call()
  if (missing(e2)) {
    return(gpu_sign(.Generic, e1, call))
  }
  if (!.Generic %in% c("+", "-", "*", "/")) {
    known <- "`+`, `-`, `*` and `/` are"
    abort_undefined(sprintf("`%s`", .Generic), known, call)
  }
  if (!computes_on_gpu()) {
    return(compute_on_host(get(.Generic, baseenv()), e1, e2))
  }
  gpu_entries(sprintf("Sum_Reduction(x %s y, 0)", .Generic), list(e1, e2), call)
}

gpu_sign <- function(operation, x, call) {
  if (!operation %in% c("+", "-")) {
    abort_undefined(sprintf("`%s`", operation), "`+` and `-` are", call)
  }
  if (!computes_on_gpu()) {
    return(get(operation, baseenv())(as.matrix(x)))
  }
  if (operation == "+") {
    return(x)
  }
  gpu_entries("Sum_Reduction(-x, 0)", list(x), call)
}

abort_undefined <- function(what, defined, call) {
  abort_rkeops(
    "argument",
    sprintf("%s is not defined for matrices on the GPU.", what),
    hints = paste0(defined, "; `as.matrix()` returns the values."),
    call = call
  )
}

# A 1 x 1 matrix is a number, as it is on the GPU.
compute_on_host <- function(compute, e1, e2) {
  e1 <- on_host(e1)
  e2 <- on_host(e2)
  if (is_one_number(e1) && !is_one_number(e2)) e1 <- c(e1)
  if (is_one_number(e2) && !is_one_number(e1)) e2 <- c(e2)
  compute(e1, e2)
}

gpu_functions <- c("abs", "sqrt", "exp", "log")

#' @rdname to_gpu
#' @export
Math.gpu_matrix <- function(x, ...) { # nolint: object_name_linter.
  call <- sys.call()
  name <- .Generic
  if (!name %in% gpu_functions || ...length()) {
    known <- paste0("`", gpu_functions, "()`", collapse = ", ")
    abort_undefined(sprintf("`%s()`", name), paste(known, "are"), call)
  }
  if (!computes_on_gpu()) {
    return(get(name, baseenv())(as.matrix(x)))
  }
  formula <- sprintf("Sum_Reduction(%s(x), 0)", operation_in_r(name))
  gpu_entries(formula, list(x), call)
}

#' @rdname to_gpu
#' @export
Summary.gpu_matrix <- function(..., na.rm = FALSE) { # nolint
  call <- sys.call()
  name <- .Generic
  if (!name %in% c("sum", "min", "max") || !isFALSE(na.rm)) {
    known <- "`sum()`, `min()` and `max()` are, without `na.rm`"
    abort_undefined(sprintf("`%s()`", name), known, call)
  }
  reduce <- get(name, baseenv())
  parts <- vapply(list(...), function(x) {
    if (!is_gpu_matrix(x) || !computes_on_gpu() || !length(x)) {
      return(as.numeric(reduce(on_host(x))))
    }
    formula <- sprintf("%s_Reduction(x, 1)", reduction_in_r(name))
    as.numeric(gpu_entries(formula, list(x), call, reduced = TRUE))
  }, 0)
  reduce(parts)
}

gpu_crossprod <- function(x, y = NULL) {
  call <- sys.call()
  y <- y %||% x
  if (!computes_on_gpu()) {
    return(crossprod(on_host(x), on_host(y)))
  }
  x <- to_gpu(x)
  y <- to_gpu(y)
  if (ncol(x) == 1L && ncol(y) == 1L) {
    return(gpu_entries(
      "Sum_Reduction(x * y, 1)", list(x, y), call, reduced = TRUE
    ))
  }
  state <- gpu_operator(
    "Sum_Reduction(TensorProd(x, y), 1)",
    sprintf(c("x = Vi(%d)", "y = Vi(%d)"), c(ncol(x), ncol(y))), call
  )
  products <- check_native(r_operator_call(
    state$pointer, list(x, y), 1L, NULL, 1, NULL, NULL, 0
  ), call)
  check_native(r_gpu_matrix_reshape(to_gpu(products), ncol(x), ncol(y)), call)
}

#' @rdname to_gpu
#' @aliases crossprod,gpu_matrix,ANY-method crossprod,ANY,gpu_matrix-method
#'   crossprod,gpu_matrix,gpu_matrix-method crossprod,gpu_matrix,missing-method
#' @export
setMethod("crossprod", signature("gpu_matrix", "ANY"), gpu_crossprod)
setMethod("crossprod", signature("ANY", "gpu_matrix"), gpu_crossprod)
setMethod("crossprod", signature("gpu_matrix", "gpu_matrix"), gpu_crossprod)
setMethod("crossprod", signature("gpu_matrix", "missing"), gpu_crossprod)
