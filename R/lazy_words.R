# Functions of R that are no generics, with a lazy form: S4 generics of the
# signature that R would choose, so that attaching the package masks nothing
# (see lazy_operators.R).

#' Words of R on lazy tensors
#'
#' What functions of base R and stats do with lazy tensors, where they do not
#' only store all entries.
#'
#' @param x,q,... Lazy tensors; in `pmin()` and `pmax()` vectors or numbers too.
#' @param na.rm Whether missing values count as not there.
#'
#' @details
#' * `pmin(x, y, ...)` and `pmax(x, y, ...)` compare entry by entry, and give a
#'   lazy tensor.
#'
#' @return Lazy tensors; plain numbers where it says so.
#' @name LazyTensor-words
#' @examples
#' x_i <- Vi(matrix(runif(20), 10))
#' y_j <- Vj(matrix(runif(30), 15))
#' pmin(sqdist(x_i, y_j), 0.5)
NULL

# ---- the smaller and the larger one ----

#' @rdname LazyTensor-words
#' @aliases pmin,logical-method pmin,missing-method
#' @export
setGeneric("pmin")

#' @rdname LazyTensor-words
#' @aliases pmax,logical-method pmax,missing-method
#' @export
setGeneric("pmax")

# The signature is `na.rm`, since S4 does not look at `...` beside other
# arguments.
extremes_of_pairs <- function(name) {
  plain <- get(name, baseenv())
  generic <- substring(name, 2L)
  function(..., na.rm = FALSE) { # nolint: object_name_linter.
    operands <- list(...)
    if (!any(vapply(operands, is.LazyTensor, NA))) {
      return(plain(..., na.rm = na.rm))
    }
    call <- rlang::call2(name, quote(...))
    combine_pairs(generic, operands, check_flag(na.rm, "na.rm", call), call)
  }
}

for (name in c("pmin", "pmax")) {
  setMethod(name, "logical", extremes_of_pairs(name))
  setMethod(name, "missing", extremes_of_pairs(name))
}
rm(name)

# With `na.rm` what is missing in all operands is missing in the value.
combine_pairs <- function(generic, operands, remove_na, call) {
  names(operands) <- paste0("..", seq_along(operands))
  operation <- if (generic == "min") "Minimum" else "Maximum"
  Reduce(function(x, y) {
    if (remove_na) {
      filled <- ifelse(is.na(as_lazy(x, "x", call)), y, x)
      y <- ifelse(is.na(as_lazy(y, "y", call)), x, y)
      x <- filled
    }
    apply_operation(
      operation, list(x, y), label = paste0("p", generic), call = call
    )
  }, operands)
}
