# The precision of lazy tensors: a slot, "" for numbers, which have that of what
# is beside them.

#' The precision of a lazy tensor
#'
#' A lazy tensor carries the precision in which what is made of it is computed:
#' that of the option `precision` when its data became a tensor, or the argument
#' `precision` of [LazyTensor()], [Vi()], [Vj()] and [Pm()]. Of tensors of
#' different precision the result has the higher one; plain numbers, and the
#' matrices of a product, have that of the tensor beside them. It stays with the
#' tensor when options change, in [saveRDS()] and in other processes.
#'
#' Reductions take an argument `precision`, for once. Entries (`as.matrix(K)`,
#' `K[[i, j]]`, [pairs_within()]) are computed in double precision, in which
#' they are stored, whatever the tensor; only with the option `digits =
#' "plain"` in the precision of the tensor. What a tensor prints says both.
#' `rowSums()` and the like,
#' and `%*%`, whose arguments are those of R, take that of the tensor:
#' `rowSums(lazy_precision(K, "float64"))`.
#'
#' @param x A lazy tensor.
#' @param precision `"float32"` or `"float64"`; `"float"` and `"double"` are the
#'   same.
#' @return The precision of `x`, or, where `precision` is given, a lazy tensor
#'   that differs from `x` in its precision.
#' @export
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' x <- matrix(runif(20), 10)
#' K <- exp(-sqdist(Vi(x), Vj(x)))
#' lazy_precision(K)
#' rowSums(lazy_precision(K, "float64"))
#' sum(K, "j", precision = "float64")
#' \dontshow{set_rkeops_options(previous)}
lazy_precision <- function(x, precision) {
  call <- rlang::current_env()
  check_lazy(x, "x", call)
  if (missing(precision)) {
    return(precision_of(x))
  }
  x@precision <- read_precision(precision, "precision", call)
  x
}

precision_of <- function(x) {
  if (x@precision == "") settings$precision else x@precision
}

common_precision <- function(operands) {
  precisions <- vapply(operands, function(one) one@precision, "")
  if ("float64" %in% precisions) {
    "float64"
  } else if ("float32" %in% precisions) {
    "float32"
  } else {
    ""
  }
}

# Entries are stored in double precision, so that is what they are computed in;
# in that of the tensor where nothing is to be looked after.
entry_precision <- function(x) {
  if (settings$digits == "auto") "float64" else precision_of(x)
}

# The tensor in the precision that was asked for, if any was.
in_precision <- function(x, precision, call) {
  if (!is.null(precision)) {
    x@precision <- read_precision(precision, "precision", call)
  }
  x
}

# The precision of a reduction of these: the one that was asked for, or theirs.
chosen_precision <- function(precision, operands, call) {
  if (is.null(precision)) {
    common <- common_precision(operands)
    return(if (common == "") settings$precision else common)
  }
  read_precision(precision, "precision", call)
}
