# Base R asks these of the entries of a matrix: which are missing or finite, the
# diagonal, norms, plain numbers. This file also refuses what a matrix that is
# not stored cannot do.

#' Entries of lazy tensors
#'
#' @param x A lazy tensor.
#' @param ... Not used.
#' @param nrow,ncol,names Not used for lazy tensors, see [base::diag()].
#' @param type The kind of the norm: `"O"` or `"1"` (the default), `"I"`, `"F"`
#'   or `"E"`, `"M"`, as in [base::norm()].
#' @param mode The mode of the vector, see [base::as.vector()].
#'
#' @details
#' * `is.na()`, `is.nan()`, `is.finite()` and `is.infinite()` test entry by
#'   entry: they give lazy tensors.
#' * `diag(K)` is the vector of the entries with the same i and j, `norm(K)` a
#'   number: both are computed at once, without storing the entries.
#' * `as.vector(K)` and `as.numeric(K)` store all entries, column by column,
#'   with the guard of [as.matrix()][LazyTensor-matrix].
#' * Entries cannot be assigned, and lazy tensors cannot be bound together by
#'   `cbind()` and `rbind()`.
#'
#' @return A lazy tensor; plain numbers where it says so.
#' @name LazyTensor-entries
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' x <- matrix(runif(20), 10)
#' y <- matrix(runif(20), 10)
#' K <- exp(-sqdist(Vi(x), Vj(y)))
#' diag(K)
#' norm(K, "F")
#' colSums(is.na(log(K - 0.5)))
#' \dontshow{set_rkeops_options(previous)}
NULL

# ---- tests of entries ----

#' @rdname LazyTensor-entries
#' @export
is.na.LazyTensor <- function(x) { # nolint
  if (is_complex_tensor(x)) {
    return(is.na(Re(x)) | is.na(Im(x)))
  }
  apply_operation("IsNaN", list(x), label = "is.na", call = sys.call())
}

#' @rdname LazyTensor-entries
#' @export
is.nan.LazyTensor <- function(x) is.na.LazyTensor(x) # nolint

#' @rdname LazyTensor-entries
#' @export
is.finite.LazyTensor <- function(x) !is.na(x) & abs(x) < Inf # nolint

#' @rdname LazyTensor-entries
#' @export
is.infinite.LazyTensor <- function(x) !is.na(x) & abs(x) == Inf # nolint

# ---- numbers ----

#' @rdname LazyTensor-entries
#' @aliases diag,LazyTensor-method
#' @export
setGeneric("diag")
setMethod("diag", "LazyTensor", function(x, nrow, ncol, names = TRUE) {
  given <- c("nrow", "ncol")[!c(missing(nrow), missing(ncol))]
  check_no_more(
    rlang::set_names(given, given), sys.call(),
    "They make a matrix of a number; `diag(x)` takes the diagonal of one."
  )
  both <- seq_len(min(index_size(x, "i"), index_size(x, "j")))
  value <- values_at(x, both, both, sys.call())
  # `ncol` is an argument
  if (dim(value)[[2L]] == 1L) value[, 1L] else value
})

#' @rdname LazyTensor-entries
#' @aliases norm,LazyTensor,missing-method norm,LazyTensor,ANY-method
#' @export
setGeneric("norm")
setMethod("norm", signature("LazyTensor", "missing"), function(x, type, ...) {
  norm_tensor(x, "O", sys.call())
})
setMethod("norm", signature("LazyTensor", "ANY"), function(x, type, ...) {
  norm_tensor(x, type, sys.call())
})

norm_tensor <- function(x, type, call) {
  types <- c("O", "1", "I", "F", "E", "M")
  if (!is_choice(type, c(types, tolower(types)))) {
    abort_argument(
      "type", "\"O\", \"I\", \"F\" or \"M\"", type, call,
      hints = if (identical(type, "2")) {
        "`svds(x, 1)$d` is the greatest singular value."
      }
    )
  }
  if (inner_dimension(x) > 1L) {
    abort_rkeops(
      "shape", "`norm` needs a LazyTensor of inner dimension 1.",
      hints = "`norm2()` is the norm of the vector at each pair.", call = call
    )
  }
  size <- abs(x)
  switch(EXPR = toupper(type),
    O = , `1` = max(colSums(size)),
    I = max(rowSums(size)),
    F = , E = sqrt(sum(rowSums(size^2))),
    M = max(reduce_tensor(size, "Max", "j", call = call))
  )
}

#' @rdname LazyTensor-entries
#' @export
as.vector.LazyTensor <- function(x, mode = "any") { # nolint
  about_function("as.vector", sys.call(), {
    as.vector(as.array.LazyTensor(x), mode)
  })
}

#' @rdname LazyTensor-entries
#' @export
as.double.LazyTensor <- function(x, ...) { # nolint
  as.double(as.array.LazyTensor(x))
}

# ---- chosen entries ----

# The subscripts of entries that `subscript` chooses as in R: a matrix with a
# column for each dimension, of numbers or names, or TRUE and FALSE for each
# entry. Pairs may do without components. NULL: it chooses something else.
entry_subscripts <- function(subscript, x) {
  if (inherits(subscript, "rkeops_pairs")) {
    return(as.matrix(subscript) - 1L + settings$index_base)
  }
  if (!is.matrix(subscript) || is.object(subscript)) {
    return(NULL)
  }
  if (is_place_matrix(subscript)) {
    return(if (ncol(subscript) %in% c(2L, length(dim(x)))) subscript)
  }
  if (identical(dim(subscript), dim(x)[1:2])) {
    which(subscript, arr.ind = TRUE) - 1L + settings$index_base
  }
}

is_place_matrix <- function(x) {
  is.numeric(x) || is.character(x) || (is.logical(x) && all(is.na(x)))
}

pairs_at_once <- 2^20

entries_chosen <- function(x, subscript, call) {
  i <- entry_places(subscript[, 1L], x, "i", call)
  j <- entry_places(subscript[, 2L], x, "j", call)
  value <- entries_of_pairs(x, i, j, call)
  if (ncol(subscript) == 3L) {
    k <- entry_place(
      subscript[, 3L], inner_dimension(x), "components", NULL, call
    )
    return(value[cbind(seq_along(k), k)])
  }
  if (ncol(value) == 1L) value[, 1L] else value
}

entry_places <- function(subscript, x, index, call) {
  entry_place(
    subscript, index_size(x, index), c(i = "rows", j = "columns")[[index]],
    point_names(x, index), call
  )
}

# Unlike read_subscript(), NA stays, and 0 and negative numbers are no choice.
entry_place <- function(subscript, extent, what, names, call) {
  place <- if (is.character(subscript)) {
    match(subscript, names)
  } else {
    trunc(as.double(subscript)) + 1 - settings$index_base
  }
  outside <- !is.na(subscript) & (is.na(place) | place < 1 | place > extent)
  if (any(outside)) {
    given <- subscript[[which(outside)[[1L]]]]
    abort_rkeops(
      "argument", sprintf(
        "%s is no subscript of %s, which are %d to %d.",
        if (is.character(given)) encodeString(given, quote = "\"") else given,
        what, settings$index_base, extent - 1L + settings$index_base
      ),
      hints = if (is.character(given)) {
        "The names of rows and columns are the row names of the data."
      } else if (given <= 0) {
        "A matrix of subscripts chooses entries; it cannot leave any out."
      } else {
        character()
      },
      call = call
    )
  }
  place
}

# One row a pair; NA where a place is. Some at a time, because the data of each
# are written out.
entries_of_pairs <- function(x, i, j, call) {
  x@data <- lapply(x@data, on_host)
  known <- which(!is.na(i) & !is.na(j))
  zero <- if (is_complex_tensor(x)) NA_complex_ else NA_real_
  value <- matrix(zero, length(i), inner_dimension(x))
  for (first in seq(1, by = pairs_at_once, length.out = ceiling(
    length(known) / pairs_at_once
  ))) {
    some <- known[first:min(first + pairs_at_once - 1, length(known))]
    value[some, ] <- values_at(x, i[some], j[some], call)
  }
  value
}

#' @rdname LazyTensor-matrix
#' @export
dimnames.LazyTensor <- function(x) { # nolint
  names <- list(point_names(x, "i"), point_names(x, "j"))
  if (all(vapply(names, is.null, NA))) {
    return(NULL)
  }
  c(names, if (inner_dimension(x) > 1L) list(NULL))
}

# ---- refused ----

#' @export
`[<-.LazyTensor` <- function(x, ..., value) {
  abort_rkeops(
    "argument", "Entries of a LazyTensor cannot be assigned.",
    hints = "`ifelse(test, yes, no)` makes a LazyTensor with other entries.",
    call = NULL
  )
}

refuse_binding <- function(name) {
  abort_rkeops(
    "argument",
    sprintf("LazyTensors cannot be bound together by `%s`.", name),
    hints = paste(
      "Bind the data before `Vi()` or `Vj()`; `concat()` joins the vectors at",
      "each pair."
    ),
    call = call(name, quote(...))
  )
}

#' @export
cbind.LazyTensor <- function(...) refuse_binding("cbind") # nolint

#' @export
rbind.LazyTensor <- function(...) refuse_binding("rbind") # nolint
