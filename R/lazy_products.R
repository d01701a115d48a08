# Products of lazy tensors with matrices, and sums of rows and columns.

multiply <- function(x, y, call) {
  if (is.LazyTensor(x) && is.LazyTensor(y)) {
    check_product(x, y, as.character(call[[1L]]), call)
    return(reduce_tensor(x * y, "Sum", "j", call = call))
  }
  if (is.LazyTensor(y)) {
    x <- plain_matrix(x, "x", call)
    x <- if (is.matrix(x)) x else matrix(x, nrow = 1L)
    return(t(multiply(t(y), t(x), call)))
  }
  if (is_batch_array(y)) {
    return(multiply(x, Vj(y, precision = precision_of(x)), call))
  }
  y <- as_factor_of(y, index_size(x, "j"), x, call)
  reduce_tensor(
    apply_operation(
      if (is_complex_tensor(x) || is.complex(y)) "ComplexMult" else "*",
      list(x, Vj(y, precision = precision_of(x))), label = "%*%", call = call
    ),
    "Sum", "j", call = call
  )
}

# Data of other classes, as matrices of Matrix, become ordinary numbers.
plain_matrix <- function(y, name, call) {
  if (is.LazyTensor(y)) y else plain_data(y, name, call)
}

# The matrix y with as many rows as x has columns.
as_factor_of <- function(y, columns, x, call) {
  y <- check_data(y, "y", call)
  if (!is_gpu_matrix(y)) y <- as.matrix(y)
  if (nrow(y) != columns) {
    abort_rkeops(
      "shape", sprintf(
        "Non-conformable arguments: the LazyTensor is %s, the matrix %s.",
        paste(dim(x), collapse = " x "), paste(dim(y), collapse = " x ")
      ), call = call
    )
  }
  if (ncol(y) > 1L && inner_dimension(x) > 1L) {
    abort_rkeops(
      "shape", sprintf(
        "A LazyTensor of inner dimension %d cannot be multiplied by a matrix.",
        inner_dimension(x)
      ),
      hints = "Multiply by a vector, or write `sum(x * Vj(y), index = \"j\")`.",
      call = call
    )
  }
  y
}

multiply_here <- function(x, y) multiply(x, y, sys.call())

#' @rdname LazyTensor-matrix
#' @aliases %*%,LazyTensor,ANY-method %*%,ANY,LazyTensor-method
#'   %*%,LazyTensor,LazyTensor-method
#' @export
setMethod("%*%", signature("LazyTensor", "ANY"), multiply_here)
setMethod("%*%", signature("ANY", "LazyTensor"), multiply_here)
setMethod("%*%", signature("LazyTensor", "LazyTensor"), multiply_here)

needs_factor <- function(name, call) {
  abort_rkeops(
    "argument",
    sprintf("`%s` of a LazyTensor alone would be a matrix of all pairs.", name),
    hints = "Give the vector or the matrix to multiply with.", call = call
  )
}

crossprod_tensor <- function(x, y = NULL, ...) {
  call <- quote(crossprod(x, y))
  check_no_more(list(...), call)
  if (is.null(y)) needs_factor("crossprod", call)
  x <- plain_matrix(x, "x", call)
  if (!is.LazyTensor(x)) x <- check_data(x, "x", call)
  multiply(t(x), y, call)
}

# a primitive generic from R 4.4 on: setMethod() makes a generic before
#' @rdname LazyTensor-matrix
#' @aliases crossprod,LazyTensor,ANY-method crossprod,ANY,LazyTensor-method
#'   crossprod,LazyTensor,LazyTensor-method
#'   crossprod,gpu_matrix,LazyTensor-method
#'   crossprod,LazyTensor,gpu_matrix-method
#' @export
setMethod("crossprod", signature("LazyTensor", "ANY"), crossprod_tensor)
setMethod("crossprod", signature("gpu_matrix", "LazyTensor"), crossprod_tensor)
setMethod("crossprod", signature("LazyTensor", "gpu_matrix"), crossprod_tensor)
setMethod("crossprod", signature("ANY", "LazyTensor"), crossprod_tensor)
setMethod(
  "crossprod", signature("LazyTensor", "LazyTensor"), crossprod_tensor
)

tcrossprod_tensor <- function(x, y = NULL, ...) {
  call <- quote(tcrossprod(x, y))
  check_no_more(list(...), call)
  if (is.null(y)) needs_factor("tcrossprod", call)
  y <- plain_matrix(y, "y", call)
  if (!is.LazyTensor(y)) y <- check_data(y, "y", call)
  multiply(x, t(y), call)
}

# a primitive generic from R 4.4 on: setMethod() makes a generic before
#' @rdname LazyTensor-matrix
#' @aliases tcrossprod,LazyTensor,ANY-method tcrossprod,ANY,LazyTensor-method
#'   tcrossprod,LazyTensor,LazyTensor-method
#' @export
setMethod("tcrossprod", signature("LazyTensor", "ANY"), tcrossprod_tensor)
setMethod("tcrossprod", signature("ANY", "LazyTensor"), tcrossprod_tensor)
setMethod(
  "tcrossprod", signature("LazyTensor", "LazyTensor"), tcrossprod_tensor
)

# ---- sums of rows and columns ----

# A vector for one component, as R gives it.
margin <- function(x, reduction, index, remove_na, dims, call) {
  remove_na <- check_flag(remove_na, "na.rm", call)
  if (!is_whole_number(dims, lower = 1, upper = 1)) {
    abort_argument("dims", "1 for LazyTensors", dims, call)
  }
  value <- if (reduction == "Mean") {
    reduce_mean(x, index, remove_na, call)
  } else {
    if (remove_na) x <- without_missing(x, "sum")
    reduce_tensor(x, reduction, index, call = call)
  }
  value <- on_host(value)
  if (length(dim(value)) > 2L) {
    return(without_last_axis(value))
  }
  if (ncol(value) == 1L) value[, 1L] else value
}

# Results of batches are arrays whose last axis are components.
without_last_axis <- function(value) {
  axes <- dim(value)
  if (axes[[length(axes)]] == 1L) dim(value) <- axes[-length(axes)]
  value
}

# nolint start: object_name_linter.

#' @rdname LazyTensor-matrix
#' @aliases rowSums,LazyTensor-method
#' @export
setGeneric("rowSums", signature = "x")
setMethod("rowSums", "LazyTensor", function(x, na.rm = FALSE, dims = 1L) {
  margin(x, "Sum", "j", na.rm, dims, sys.call())
})

#' @rdname LazyTensor-matrix
#' @aliases colSums,LazyTensor-method
#' @export
setGeneric("colSums", signature = "x")
setMethod("colSums", "LazyTensor", function(x, na.rm = FALSE, dims = 1L) {
  margin(x, "Sum", "i", na.rm, dims, sys.call())
})

#' @rdname LazyTensor-matrix
#' @aliases rowMeans,LazyTensor-method
#' @export
setGeneric("rowMeans", signature = "x")
setMethod("rowMeans", "LazyTensor", function(x, na.rm = FALSE, dims = 1L) {
  margin(x, "Mean", "j", na.rm, dims, sys.call())
})

#' @rdname LazyTensor-matrix
#' @aliases colMeans,LazyTensor-method
#' @export
setGeneric("colMeans", signature = "x")
setMethod("colMeans", "LazyTensor", function(x, na.rm = FALSE, dims = 1L) {
  margin(x, "Mean", "i", na.rm, dims, sys.call())
})
# nolint end
