# Lazy tensors as matrices: what R users do with a matrix that is stored.

#' Lazy tensors as matrices
#'
#' @param x,y A lazy tensor; in products one of both may be a matrix or a
#'   vector.
#' @param i,j,k Rows, columns and components to keep, as for arrays.
#' @param drop Not used: lazy tensors keep their dimensions.
#' @param maximum The largest number of entries that `as.matrix()` and
#'   `as.array()` store; `Inf` for any.
#' @param na.rm Must be `FALSE`.
#' @param dims Not used.
#' @param ... Not used.
#'
#' @details
#' * `dim(K)` is the number of i, the number of j, and the inner dimension where
#'   that is not 1; 1 stands for an index that the tensor does not have.
#'   `nrow()`, `ncol()` and `length()` follow from it. `t(K)` exchanges i and j.
#' * `x[k]` are components of the vectors, in any order; `K[i, j]` rows and
#'   columns, `x[i, j, k]` all three.
#' * `K %*% b` is the matrix product with a vector or matrix, a plain matrix; as
#'   are `a %*% K`, `crossprod(K, a)` and `tcrossprod(K, b)`. `x %*% y` of two
#'   tensors is `sum(x * y, index = "j")`, as in rkeops 2.x.
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
  new_lazy(parts, c(i = x@sizes[["j"]], j = x@sizes[["i"]]), x@type)
}

#' @rdname LazyTensor-matrix
#' @export
`[.LazyTensor` <- function(x, i, j, k, drop = FALSE) {
  call <- sys.call()
  given <- nargs() - 1L - !missing(drop)
  if (given == 1L) {
    return(if (missing(i)) x else keep_components(x, i, call))
  }
  if (!missing(i)) x <- keep_points(x, i, "i", call)
  if (!missing(j)) x <- keep_points(x, j, "j", call)
  if (!missing(k)) x <- keep_components(x, k, call)
  x
}

# Positions from what R allows in brackets. Places count as the user counts.
read_subscript <- function(subscript, extent, call) {
  if (is.numeric(subscript) && all(subscript >= 0, na.rm = TRUE) &&
        settings$index_base == 0L) {
    subscript <- subscript + 1
  }
  places <- tryCatch(
    seq_len(extent)[subscript], error = function(e) NA_integer_
  )
  if (anyNA(places)) {
    abort_rkeops(
      "argument", sprintf("A subscript is outside of 1 to %d.", extent),
      call = call
    )
  }
  places
}

keep_components <- function(x, subscript, call) {
  places <- read_subscript(subscript, inner_dimension(x), call)
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
  places <- read_subscript(subscript, index_size(x, index), call)
  if (is.na(x@sizes[[index]])) {
    return(x)
  }
  with_index <- grep(paste0("V", index, "("), x@args, fixed = TRUE)
  x@data[with_index] <- lapply(x@data[with_index], function(data) {
    data[places, , drop = FALSE]
  })
  x@sizes[[index]] <- length(places)
  x
}

# ---- products ----

multiply <- function(x, y, call) {
  if (is.LazyTensor(x) && is.LazyTensor(y)) {
    return(reduce_tensor(x * y, "Sum", "j", call = call))
  }
  if (is.LazyTensor(y)) {
    x <- if (is.matrix(x)) x else matrix(x, nrow = 1L)
    return(t(multiply(t(y), t(x), call)))
  }
  y <- as_factor_of(y, index_size(x, "j"), x, call)
  reduce_tensor(
    apply_operation(
      if (is_complex_tensor(x) || is.complex(y)) "ComplexMult" else "*",
      list(x, Vj(y)), label = "%*%", call = call
    ),
    "Sum", "j", call = call
  )
}

# The matrix y with as many rows as x has columns.
as_factor_of <- function(y, columns, x, call) {
  check_data(y, "y", call)
  y <- as.matrix(y)
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

crossprod_tensor <- function(x, y = NULL) {
  call <- sys.call()
  if (is.null(y)) needs_factor("crossprod", call)
  multiply(t(x), y, call)
}

# a primitive generic from R 4.4 on: setMethod() makes a generic before
#' @rdname LazyTensor-matrix
#' @aliases crossprod,LazyTensor,ANY-method crossprod,ANY,LazyTensor-method
#' @export
setMethod("crossprod", signature("LazyTensor", "ANY"), crossprod_tensor)
setMethod("crossprod", signature("ANY", "LazyTensor"), crossprod_tensor)

tcrossprod_tensor <- function(x, y = NULL) {
  call <- sys.call()
  if (is.null(y)) needs_factor("tcrossprod", call)
  multiply(x, t(y), call)
}

# a primitive generic from R 4.4 on: setMethod() makes a generic before
#' @rdname LazyTensor-matrix
#' @aliases tcrossprod,LazyTensor,ANY-method tcrossprod,ANY,LazyTensor-method
#' @export
setMethod("tcrossprod", signature("LazyTensor", "ANY"), tcrossprod_tensor)
setMethod("tcrossprod", signature("ANY", "LazyTensor"), tcrossprod_tensor)

# ---- sums of rows and columns ----

# A vector for one component, as R gives it.
margin <- function(x, reduction, index, remove_na, call) {
  if (!isFALSE(remove_na)) {
    abort_argument("na.rm", "FALSE for LazyTensors", remove_na, call)
  }
  value <- if (reduction == "Mean") {
    reduce_mean(x, index, call)
  } else {
    reduce_tensor(x, reduction, index, call = call)
  }
  if (ncol(value) == 1L) value[, 1L] else value
}

# nolint start: object_name_linter.

#' @rdname LazyTensor-matrix
#' @aliases rowSums,LazyTensor-method
#' @export
setGeneric("rowSums", signature = "x")
setMethod("rowSums", "LazyTensor", function(x, na.rm = FALSE, dims = 1L) {
  margin(x, "Sum", "j", na.rm, sys.call())
})

#' @rdname LazyTensor-matrix
#' @aliases colSums,LazyTensor-method
#' @export
setGeneric("colSums", signature = "x")
setMethod("colSums", "LazyTensor", function(x, na.rm = FALSE, dims = 1L) {
  margin(x, "Sum", "i", na.rm, sys.call())
})

#' @rdname LazyTensor-matrix
#' @aliases rowMeans,LazyTensor-method
#' @export
setGeneric("rowMeans", signature = "x")
setMethod("rowMeans", "LazyTensor", function(x, na.rm = FALSE, dims = 1L) {
  margin(x, "Mean", "j", na.rm, sys.call())
})

#' @rdname LazyTensor-matrix
#' @aliases colMeans,LazyTensor-method
#' @export
setGeneric("colMeans", signature = "x")
setMethod("colMeans", "LazyTensor", function(x, na.rm = FALSE, dims = 1L) {
  margin(x, "Mean", "i", na.rm, sys.call())
})
# nolint end

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
  names <- lapply(c("i", "j"), function(index) point_names(x, index))
  keep <- if (extents[[3L]] > 1L) 1:3 else 1:2
  array(value, extents[keep], if (!all(vapply(names, is.null, NA))) {
    c(names, list(NULL))[keep]
  })
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
  data <- Map(function(data, declared) {
    if (grepl("Vi(", declared, fixed = TRUE)) {
      return(data[rep(seq_len(rows), length(columns)), , drop = FALSE])
    }
    if (grepl("Vj(", declared, fixed = TRUE)) {
      return(data[rep(columns, each = rows), , drop = FALSE])
    }
    data
  }, x@data, x@args)
  value <- check_native(r_lazy_values(
    native_operand(x), unname(data), evaluation("", integer(), "j")
  ), call)
  if (nrow(value) == 1L) {
    value <- value[rep(1L, rows * length(columns)), , drop = FALSE]
  }
  value <- if (is_complex_tensor(x)) {
    matrix(complex(
      real = value[, c(TRUE, FALSE)], imaginary = value[, c(FALSE, TRUE)]
    ), nrow(value))
  } else {
    value
  }
  unname(value)
}

# ---- print ----

#' Print a lazy tensor
#'
#' @param x A lazy tensor.
#' @param ... Not used.
#' @return `print()` returns `x` invisibly, `format()` the lines it prints: the
#'   dimensions, the formula with its variables, and where reductions run.
#' @export
#' @examples
#' x_i <- Vi(matrix(runif(30), 10))
#' print(exp(-sqdist(x_i, c(0, 0, 1))))
print.LazyTensor <- function(x, ...) { # nolint
  writeLines(format(x, ...))
  invisible(x)
}

#' @rdname print.LazyTensor
#' @export
format.LazyTensor <- function(x, ...) { # nolint
  shared <- names(x@formula) != ""
  formula <- ifelse(
    shared, paste(names(x@formula), "=", x@formula), x@formula
  )
  shape <- paste(dim(x), collapse = " x ")
  c(
    sprintf(
      "<%s> %s%s, reductions on the %s, %s", class(x), shape,
      if (x@type == "logical") " of 0 and 1" else "", engine_place(),
      settings$precision
    ),
    paste0("  ", formula),
    paste0("  ", format_variables(x))
  )
}

format_variables <- function(x) {
  if (!length(x@args)) {
    return("no data")
  }
  described <- vapply(x@data, function(data) {
    if (is.matrix(data)) {
      paste(nrow(data), "x", ncol(data), "matrix")
    } else if (length(data) == 1L) {
      format(data)
    } else {
      paste(length(data), "numbers")
    }
  }, "")
  paste(format(x@args), described, sep = "  ")
}

#' @rdname print.LazyTensor
#' @param object A lazy tensor.
#' @aliases show,LazyTensor-method
#' @export
setMethod("show", "LazyTensor", function(object) print.LazyTensor(object))
