# Lazy tensors as matrices: what R users do with a matrix that is stored.

#' Lazy tensors as matrices
#'
#' @param x,y A lazy tensor; in products one of both may be a matrix or a
#'   vector.
#' @param i,j,k Rows, columns and components to keep, as for arrays.
#' @param drop Not used: lazy tensors keep their dimensions.
#' @param maximum The largest number of entries that `as.matrix()` and
#'   `as.array()` store; `Inf` for any.
#' @param precision `"float32"` or `"float64"`; `NULL`, that of the tensor. It
#'   matters with the option `digits = "plain"`.
#' @param na.rm Whether missing values are left out, as in [base::rowSums()].
#' @param dims Must be 1.
#' @param ... None: unknown arguments are errors.
#'
#' @details
#' * `dim(K)` is the number of i, the number of j, and the inner dimension where
#'   that is not 1; 1 stands for an index that the tensor does not have.
#'   `nrow()`, `ncol()` and `length()` follow from it. `t(K)` exchanges i and j.
#' * `x[k]` are components of the vectors, in any order; `K[i, j]` rows and
#'   columns, `x[i, j, k]` all three.
#' * `K[cbind(i, j)]` are the entries of the pairs in the rows of a matrix of
#'   two columns, numbers or names, as in R: plain numbers, computed without the
#'   others, with one row for each pair where there are several components. Of
#'   these `x[cbind(i, j, k)]` takes one. [pairs_within()] gives such pairs.
#' * `K[ranges]` are the pairs in some blocks alone, see [pair_ranges()].
#' * `K %*% b` is the matrix product with a vector or matrix, a plain matrix; as
#'   are `a %*% K`, `crossprod(K, a)` and `tcrossprod(K, b)`. `x %*% y` of two
#'   tensors is `sum(x * y, index = "j")`, as in rkeops 2.x; but not of two
#'   matrices of pairs, whose product would have to be stored.
#' * `rowSums(K)`, `colSums(K)`, `rowMeans(K)` and `colMeans(K)` are vectors, or
#'   matrices with one column for each component.
#' * `as.matrix(K)` and `as.array(K)` compute and store all entries, for tests
#'   and pictures, in double precision (see [lazy_precision()]); a tensor with
#'   more than `maximum` entries is refused. `K[[i, j]]` is one entry, a number.
#'
#' A function that wants a linear map gets `function(v, args) as.numeric(K %*%
#' v)`, for example `RSpectra::eigs_sym()`.
#'
#' @return Lazy tensors; plain vectors, matrices and arrays where it says so.
#' @name LazyTensor-matrix
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' x <- matrix(runif(20), 10)
#' y <- matrix(runif(30), 15)
#' K <- exp(-sqdist(Vi(x), Vj(y)))
#' dim(K)
#' K %*% rep(1, 15)
#' rowSums(K)
#' as.matrix(K[1:3, 1:4])
#' \dontshow{set_rkeops_options(previous)}
NULL

#' @rdname LazyTensor-matrix
#' @export
dim.LazyTensor <- function(x) { # nolint
  inner <- inner_dimension(x)
  c(
    x@batch, index_size(x, "i"), index_size(x, "j"), if (inner > 1L) inner
  )
}

#' @rdname LazyTensor-matrix
#' @export
length.LazyTensor <- function(x) { # nolint
  entries <- prod(dim(x))
  if (entries <= .Machine$integer.max) as.integer(entries) else entries
}

#' @rdname LazyTensor-matrix
#' @export
t.LazyTensor <- function(x) { # nolint
  if (has_batch(x)) refuse_ranges(x, sys.call())
  parts <- check_native(r_lazy_transposed(native_operand(x, TRUE)))
  value <- new_lazy(
    parts, c(i = x@sizes[["j"]], j = x@sizes[["i"]]), x@type, x@precision,
    x@unit, x@levels, lapply(x@ranges, t)
  )
  value@state$number <- x@state$number
  value@batch <- x@batch
  value
}

#' @rdname LazyTensor-matrix
#' @export
`[.LazyTensor` <- function(x, i, j, k, ..., drop = FALSE) {
  call <- sys.call()
  given <- nargs() - 1L - !missing(drop)
  if (given > 3L) {
    abort_rkeops(
      "argument", "A LazyTensor takes at most three subscripts.",
      hints = "`x[i, j, k]`: rows, columns, components.", call = call
    )
  }
  check_no_more(list(...), call)
  check_subscripts(if (!missing(i)) i, if (!missing(j)) j, call)
  if (given == 1L) {
    if (missing(i)) {
      return(x)
    }
    if (inherits(i, "pair_ranges")) {
      return(keep_ranges(x, i, call))
    }
    entries <- entry_subscripts(i, x)
    return(if (is.null(entries)) {
      keep_components(x, i, call)
    } else {
      entries_chosen(x, entries, call)
    })
  }
  if (!missing(i)) x <- keep_points(x, i, "i", call)
  if (!missing(j)) x <- keep_points(x, j, "j", call)
  if (!missing(k)) x <- keep_components(x, k, call)
  x
}

# `K[K > 0.5]` would be a vector of unknown length.
check_subscripts <- function(i, j, call) {
  if (is.LazyTensor(i) || is.LazyTensor(j)) {
    abort_rkeops(
      "argument", "Subscripts of a LazyTensor are no LazyTensors.",
      hints = c(
        "`which(test, arr.ind = TRUE)` are the rows and columns of a test.",
        "`ifelse(test, x, 0)` keeps the other entries as 0."
      ), call = call
    )
  }
}

# Positions from what R allows in brackets. Places count as the user counts.
read_subscript <- function(subscript, extent, what, call,
                           names = NULL, hints = character()) {
  if (is.numeric(subscript) && all(subscript >= 0, na.rm = TRUE) &&
        settings$index_base == 0L) {
    subscript <- subscript + 1
  }
  places <- if (is.character(subscript)) {
    match(subscript, names)
  } else {
    tryCatch(seq_len(extent)[subscript], error = function(e) NA_integer_)
  }
  if (anyNA(places)) {
    abort_rkeops(
      "argument",
      sprintf("A subscript of %s is outside of 1 to %d.", what, extent),
      hints = hints, call = call
    )
  }
  places
}

keep_components <- function(x, subscript, call) {
  places <- read_subscript(
    subscript, inner_dimension(x), "components", call,
    hints = if (!is.na(x@sizes[["i"]]) || !is.na(x@sizes[["j"]])) {
      "`x[i, j]` takes rows and columns, `x[k]` components of the vectors."
    }
  )
  if (!length(places)) {
    abort_rkeops("argument", "A LazyTensor keeps at least one component.",
                 call = call)
  }
  if (all(diff(places) == 1L)) {
    return(slice_tensor(x, places[[1L]] - 1L, length(places), "[", call))
  }
  parts <- lapply(places, function(place) {
    slice_tensor(x, place - 1L, 1L, "[", call)
  })
  Reduce(concat, parts)
}

keep_points <- function(x, subscript, index, call) {
  refuse_ranges(x, call)
  has_index <- !is.na(x@sizes[[index]])
  places <- read_subscript(
    subscript, index_size(x, index), c(i = "rows", j = "columns")[[index]],
    call, point_names(x, index),
    hints = if (!has_index) {
      sprintf("Nothing in it is indexed by %s; `x[k]` takes components.", index)
    } else {
      character()
    }
  )
  if (!has_index) {
    return(x)
  }
  with_index <- grep(paste0("V", index, "("), x@args, fixed = TRUE)
  data <- x@data
  data[with_index] <- lapply(data[with_index], function(points) {
    on_host(points)[places, , drop = FALSE]
  })
  x <- with_data(x, data)
  x@sizes[[index]] <- length(places)
  x
}
