# Matrices that stay on a GPU between calls. An object is an external pointer of
# class "gpu_matrix" whose attributes say what it is, also after its memory has
# gone.

#' Matrices on the GPU
#'
#' `to_gpu()` copies a matrix to the memory of a GPU, where it stays. Operators
#' (see [keops_kernel()]), [Vi()] and [Vj()] take it like any other matrix, and
#' do not copy it again. If all matrices of a call are on the GPU, its result
#' stays there too (the option `gpu_results` says otherwise, see
#' [set_rkeops_option()]), so that an iterative algorithm runs without copies
#' of its vectors.
#'
#' @param x A numeric matrix, vector (a matrix of one column) or data frame, or
#'   data of other classes (see [data-classes]). For methods, a matrix on the
#'   GPU.
#' @param y A matrix on the GPU; `x` if it is not given.
#' @param device The number of the GPU, by default the first one of
#'   [use_gpu()].
#' @param e1,e2 Matrices of the same shape, at least one of them on the GPU, or
#'   numbers.
#' @param mode,na.rm As for ordinary vectors; other than the default is refused.
#' @param ... Not used; in `sum()`, `max()` and `min()` further matrices.
#'
#' @details
#' Numbers are stored in double precision, so nothing is lost between calls;
#' operators of precision `"float32"` convert them on the GPU. A matrix there
#' never changes, and has no names.
#'
#' `+`, `-`, `*`, `/` of matrices of the same shape, or of a matrix and a
#' number, `abs()`, `sqrt()`, `exp()`, `log()` and `crossprod()` compute in
#' double precision, and their results stay on the GPU. A 1 x 1 matrix, such as
#' `crossprod(v)` of one column, counts as a number, so that an algorithm need
#' not fetch it. `sum()`, `max()` and `min()` return a number to R,
#' `as.matrix()`, `as.numeric()` and `as.vector()` return all, `t()` all of them
#' turned.
#'
#' Beside a lazy tensor a matrix on the GPU is made one by [Vi()] or [Vj()], as
#' any matrix is: `K * Vj(y)`; `K %*% y` and `crossprod(K, y)` take it as it is.
#'
#' With [use_cpu()], and with several GPUs, operators fetch the matrices, and
#' arithmetic returns ordinary matrices.
#'
#' Memory goes back when R collects the object as garbage. R is asked to do so
#' when the GPU has no room left, so `rm(x)` suffices. A matrix on the GPU
#' belongs to its process: after [saveRDS()] and in forked processes it cannot
#' be used; save `as.matrix(x)`.
#'
#' @return `to_gpu()` returns an object of class `gpu_matrix`, with methods for
#'   `dim()`, `length()`, `print()` and all the functions named above.
#'   `is_gpu_matrix()` tells whether `x` is one.
#' @seealso `vignette("gpu")`
#' @export
#' @examples
#' is_gpu_matrix(diag(2))
#' \dontrun{
#' use_gpu()
#' points <- to_gpu(matrix(runif(3e5), ncol = 3))
#' right_side <- to_gpu(rnorm(1e5))
#' op <- keops_kernel(
#'   "Sum_Reduction(Exp(-SqDist(x, y)) * b, 0)",
#'   c("x = Vi(3)", "y = Vj(3)", "b = Vj(1)"), precision = "float64"
#' )
#' # conjugate gradients for (K + I) a = b: one number a step comes to R
#' multiply <- function(v) op(points, points, v) + v
#' a <- 0 * right_side
#' residual <- direction <- right_side
#' square <- crossprod(residual)
#' limit <- 1e-6 * sqrt(as.numeric(square))
#' while (sqrt(as.numeric(square)) > limit) {
#'   image <- multiply(direction)
#'   step <- square / crossprod(direction, image)
#'   a <- a + step * direction
#'   residual <- residual - step * image
#'   previous <- square
#'   square <- crossprod(residual)
#'   direction <- residual + (square / previous) * direction
#' }
#' solution <- as.numeric(a)
#' }
to_gpu <- function(x, device = NULL) {
  call <- rlang::current_env()
  if (missing(x)) abort_argument("x", "a numeric matrix or vector", , call)
  if (is_gpu_matrix(x)) {
    return(x)
  }
  device <- if (is.null(device)) {
    settings$devices[[1L]]
  } else {
    read_devices(device, "device", call)[[1L]]
  }
  values <- plain_data(x, "x", call)
  is_number <- is_numbers(values) && !is.complex(values)
  if (!is_number || !length(dim(values)) %in% c(0L, 2L)) {
    abort_argument("x", "a numeric matrix or vector", x, call,
                   hints = data_hints(x))
  }
  storage.mode(values) <- "double"
  check_native(push_settings(), call)
  check_native(r_gpu_matrix(values, device), call)
}

#' @rdname to_gpu
#' @export
is_gpu_matrix <- function(x) {
  typeof(x) == "externalptr" && inherits(x, "gpu_matrix") &&
    length(attr(x, "shape")) == 2L
}

# Brings to the host what may be on a GPU.
on_host <- function(x) if (is_gpu_matrix(x)) as.matrix(x) else x

#' @rdname to_gpu
#' @export
dim.gpu_matrix <- function(x) {
  as.integer(attr(x, "shape"))
}

#' @rdname to_gpu
#' @export
length.gpu_matrix <- function(x) {
  prod(attr(x, "shape"))
}

# R asks this before it looks at the dimensions.
#' @rdname to_gpu
#' @export
is.matrix.gpu_matrix <- function(x) { # nolint: object_name_linter.
  TRUE
}

#' @rdname to_gpu
#' @export
as.matrix.gpu_matrix <- function(x, ...) { # nolint: object_name_linter.
  check_no_more(list(...), sys.call())
  check_native(r_gpu_matrix_read(x), sys.call())
}

#' @rdname to_gpu
#' @export
t.gpu_matrix <- function(x) { # nolint: object_name_linter.
  t(as.matrix(x))
}

#' @rdname to_gpu
#' @export
as.double.gpu_matrix <- function(x, ...) { # nolint: object_name_linter.
  check_no_more(list(...), sys.call())
  as.vector(as.matrix(x))
}

#' @rdname to_gpu
#' @export
as.vector.gpu_matrix <- function(x, mode = "any") { # nolint
  as.vector(as.matrix(x), mode)
}

#' @rdname to_gpu
#' @export
format.gpu_matrix <- function(x, ...) {
  place <- if (r_gpu_matrix_lives(x)) {
    paste("on", attr(x, "device"))
  } else {
    "that was on the GPU of another session"
  }
  sprintf(
    "<gpu_matrix> %s matrix of double precision, %s, %s",
    paste(dim(x), collapse = " x "), format_size(8 * length(x)), place
  )
}

#' @rdname to_gpu
#' @export
print.gpu_matrix <- function(x, ...) {
  writeLines(format(x))
  invisible(x)
}
