# Lazy tensors as matrices: what R users do with a matrix that is stored.

#' Lazy tensors as matrices
#'
#' @param x,y A lazy tensor; in products one of both may be a matrix or a
#'   vector.
#' @param i,j,k Rows, columns and components to keep, as for arrays.
#' @param drop Not used: lazy tensors keep their dimensions.
#' @param maximum The largest number of entries that `as.matrix()` and
#'   `as.array()` store; `Inf` for any.
#' @param na.rm Whether missing values are left out, as in [base::rowSums()].
#' @param dims Must be 1.
#' @param ... Not used.
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
#' * `K %*% b` is the matrix product with a vector or matrix, a plain matrix; as
#'   are `a %*% K`, `crossprod(K, a)` and `tcrossprod(K, b)`. `x %*% y` of two
#'   tensors is `sum(x * y, index = "j")`, as in rkeops 2.x; but not of two
#'   matrices of pairs, whose product would have to be stored.
#' * `rowSums(K)`, `colSums(K)`, `rowMeans(K)` and `colMeans(K)` are vectors, or
#'   matrices with one column for each component.
#' * `as.matrix(K)` and `as.array(K)` compute and store all entries, for tests
#'   and pictures; a tensor with more than `maximum` entries is refused.
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
  c(index_size(x, "i"), index_size(x, "j"), if (inner > 1L) inner)
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
  parts <- check_native(r_lazy_transposed(native_operand(x)))
  value <- new_lazy(
    parts, c(i = x@sizes[["j"]], j = x@sizes[["i"]]), x@type, x@precision,
    x@unit, x@levels
  )
  value@state$number <- x@state$number
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
  if (given == 1L) {
    if (missing(i)) {
      return(x)
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
  x@data[with_index] <- lapply(x@data[with_index], function(data) {
    on_host(data)[places, , drop = FALSE]
  })
  x@sizes[[index]] <- length(places)
  x
}

# ---- stored entries ----

#' @rdname LazyTensor-matrix
#' @export
as.array.LazyTensor <- function(x, ..., maximum = 1e8) { # nolint
  call <- sys.call()
  extents <- c(index_size(x, "i"), index_size(x, "j"), inner_dimension(x))
  if (prod(extents) > maximum) {
    abort_rkeops(
      "argument", sprintf(
        "The LazyTensor has %s entries, more than `maximum`, which is %s.",
        format(prod(extents)), format(maximum)
      ),
      hints = c(
        "Reductions such as `sum(x, index = \"j\")` do not store them.",
        "`maximum = Inf` stores them nevertheless."
      ), call = call
    )
  }
  value <- all_values(x, call)
  array(value, extents[if (extents[[3L]] > 1L) 1:3 else 1:2], dimnames(x))
}

#' @rdname LazyTensor-matrix
#' @export
as.matrix.LazyTensor <- function(x, ..., maximum = 1e8) { # nolint
  value <- as.array.LazyTensor(x, maximum = maximum)
  extents <- dim(value)
  if (length(extents) == 2L) {
    return(value)
  }
  if (all(extents[1:2] > 1L)) {
    abort_rkeops(
      "shape", sprintf(
        "A LazyTensor of dimensions %s is no matrix.",
        paste(extents, collapse = " x ")
      ), hints = "`as.array()` stores it.", call = sys.call()
    )
  }
  side <- if (extents[[1L]] > 1L) 1L else 2L
  matrix(value, extents[[side]], extents[[3L]], dimnames = if (
    !is.null(dimnames(value)[[side]])
  ) {
    list(dimnames(value)[[side]], NULL)
  })
}

point_names <- function(x, index) {
  for (k in grep(paste0("V", index, "("), x@args, fixed = TRUE)) {
    return(rownames(x@data[[k]]))
  }
  NULL
}

# Some columns at a time: the data of all their pairs are written out.
all_values <- function(x, call) {
  rows <- index_size(x, "i")
  columns <- index_size(x, "j")
  at_once <- max(1L, 2^18 %/% max(rows, 1L))
  starts <- if (rows && columns) seq(1, columns, by = at_once) else numeric()
  parts <- lapply(starts, function(start) {
    values_of_columns(x, start:min(start + at_once - 1L, columns), rows, call)
  })
  components <- inner_dimension(x)
  matrix_of_all <- do.call(rbind, parts)
  if (is.null(matrix_of_all)) matrix(0, 0L, components) else matrix_of_all
}

values_of_columns <- function(x, columns, rows, call) {
  values_at(
    x, rep(seq_len(rows), length(columns)), rep(columns, each = rows), call
  )
}

# The entries with rows `i` and columns `j`, in turn, one row for each.
values_at <- function(x, i, j, call) {
  data <- Map(function(data, declared) {
    data <- on_host(data)
    if (grepl("Vi(", declared, fixed = TRUE)) {
      return(data[i, , drop = FALSE])
    }
    if (grepl("Vj(", declared, fixed = TRUE)) {
      return(data[j, , drop = FALSE])
    }
    data
  }, x@data, x@args)
  value <- check_native(r_lazy_values(
    native_operand(x), unname(data), evaluation("", integer(), "j")
  ), call)
  if (nrow(value) == 1L) {
    value <- value[rep(1L, length(i)), , drop = FALSE]
  }
  unname(if (is_complex_tensor(x)) complex_columns(value) else value)
}

complex_columns <- function(value) {
  matrix(complex(
    real = value[, c(TRUE, FALSE)], imaginary = value[, c(FALSE, TRUE)]
  ), nrow(value))
}
