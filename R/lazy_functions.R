# Functions of the formula language, on lazy tensors and on numbers.

# A tensor by the operation, numbers by the R function `numbers`.
either <- function(x, operation, label, numbers) {
  call <- sys.call(-1L)
  if (missing(x) || !is.LazyTensor(x)) {
    check_plain(x, "x", call)
    return(about_argument("x", call, numbers(x)))
  }
  if (is_complex_tensor(x)) {
    return(complex_function(label, x, call))
  }
  apply_operation(operation, list(x), label = label, call = call)
}

check_plain <- function(value, name, call) {
  if (missing(value) || !can_compute(value)) {
    abort_argument(name, "a LazyTensor or numbers", value, call)
  }
}

# Numbers, or an object of a class that may know how.
can_compute <- function(value) {
  if (is.data.frame(value)) {
    return(all(vapply(value, is_numbers, NA)))
  }
  is_numbers(value) || is.object(value) && !is.factor(value)
}

# The value of operands of which none is lazy.
plain_value <- function(operands, name, call, value) {
  Map(function(one, name) check_plain(one, name, call), operands,
      names(operands))
  about_function(name, call, value)
}

#' @rdname LazyTensor-functions
#' @export
square <- function(x) either(x, "Square", "square", function(x) x^2)

#' @rdname LazyTensor-functions
#' @export
rsqrt <- function(x) {
  either(x, "Rsqrt", "rsqrt", function(x) base::ifelse(x == 0, 0, 1 / sqrt(x)))
}

#' @rdname LazyTensor-functions
#' @export
inv <- function(x) either(x, "Inv", "inv", function(x) 1 / x)

#' @rdname LazyTensor-functions
#' @export
xlogx <- function(x) {
  either(x, "XLogX", "xlogx", function(x) base::ifelse(x == 0, 0, x * log(x)))
}

#' @rdname LazyTensor-functions
#' @export
sinxdivx <- function(x) {
  either(x, "SinXDivX", "sinxdivx", function(x) {
    base::ifelse(x == 0, 1, suppressWarnings(sin(x)) / x)
  })
}

#' @rdname LazyTensor-functions
#' @export
relu <- function(x) {
  either(x, "ReLU", "relu", function(x) pmax(x, 0))
}

#' @rdname LazyTensor-functions
#' @param a,b Bounds of `clamp()`, divisor and offset of `mod()`.
#' @export
mod <- function(x, a, b = 0) {
  call <- rlang::current_env()
  operands <- operands_of(x, a, b)
  if (!any(vapply(operands, is.LazyTensor, NA))) {
    return(plain_value(operands, "mod", call, x - a * floor((x - b) / a)))
  }
  apply_operation("Mod", operands, label = "mod")
}

#' @rdname LazyTensor-functions
#' @export
clamp <- function(x, a, b) {
  call <- rlang::current_env()
  operands <- operands_of(x, a, b)
  if (!any(vapply(operands, is.LazyTensor, NA))) {
    return(plain_value(operands, "clamp", call, pmin(pmax(x, a), b)))
  }
  apply_operation("Clamp", operands, label = "clamp")
}

#' @rdname LazyTensor-functions
#' @export
clampint <- function(x, y, z) {
  call <- rlang::current_env()
  if (missing(y) || missing(z) || !is.int(y) || !is.int(z)) {
    abort_rkeops(
      "argument", "`clampint(x, y, z)` expects whole numbers `y` and `z`.",
      hints = "Use `clamp(x, y, z)` for others.", call = call
    )
  }
  operands <- operands_of(x)
  if (!is.LazyTensor(x)) {
    return(clamp(x, y, z))
  }
  apply_operation(
    "ClampInt", operands, list(as.integer(y), as.integer(z)), "clampint", call
  )
}

# Base functions that are no generics: S4 generics of the same arguments, whose
# default is the function of R itself. With the signature that R would choose
# they are R's own generics, and attaching the package masks nothing; methods
# dispatch on the first argument only, so that the others stay lazy.

#' @rdname LazyTensor-functions
#' @aliases atan2,LazyTensor,ANY-method atan2,ANY,LazyTensor-method
#'   atan2,LazyTensor,LazyTensor-method
#' @export
setGeneric("atan2", signature = c("y", "x"))

atan2_tensor <- function(y, x) {
  apply_operation("Atan2", operands_of(y, x), label = "atan2")
}
setMethod("atan2", signature("LazyTensor", "ANY"), atan2_tensor)
setMethod("atan2", signature("ANY", "LazyTensor"), atan2_tensor)
setMethod("atan2", signature("LazyTensor", "LazyTensor"), atan2_tensor)

#' @rdname LazyTensor-functions
#' @param scope,scale,direction,trace,keep,steps,k See [stats::step()].
#' @param test,yes,no Lazy tensors, vectors or numbers.
#' @aliases ifelse,LazyTensor-method
#' @export
setGeneric("ifelse")

# 1 - 1/2 and 0 - 1/2: a comparison chooses by its sign.
setMethod("ifelse", "LazyTensor", function(test, yes, no) {
  if (test@type == "logical") {
    test <- apply_operation("-", list(test, lazy_constant(0.5)))
  }
  apply_operation("IfElse", operands_of(test, yes, no), label = "ifelse")
})

#' @rdname LazyTensor-functions
#' @aliases step,LazyTensor-method step,numeric-method
#' @export
setGeneric("step")

setMethod("step", "LazyTensor", function(object, ...) {
  check_no_more(list(...), sys.call())
  apply_operation("Step", list(object), label = "step")
})
setMethod("step", "numeric", function(object, ...) {
  check_no_more(list(...), sys.call())
  base::ifelse(object >= 0, 1, 0)
})
