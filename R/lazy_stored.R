# Entries that are stored: `as.matrix()` and what base R asks for instead of it.
# Functions of R that need all entries get them, up to a size; what they would
# ask for in vain is refused here in our words.

# The most entries that are stored without being asked: 80 MB.
largest_store <- 1e7

#' @rdname LazyTensor-matrix
#' @export
as.array.LazyTensor <- function(x, ..., maximum = 1e7, # nolint
                                precision = NULL) {
  call <- sys.call()
  check_no_more(list(...), call, "`maximum` is the largest number of entries.")
  check_maximum(maximum, call)
  x <- in_precision(x, precision, call)
  extents <- c(index_size(x, "i"), index_size(x, "j"), inner_dimension(x))
  if (prod(extents) > maximum) {
    refuse_to_store(prod(extents), NULL, call, maximum)
  }
  value <- all_values(x, call)
  array(value, extents[if (extents[[3L]] > 1L) 1:3 else 1:2], dimnames(x))
}

check_maximum <- function(maximum, call) {
  if (!checkmate::test_number(maximum, lower = 0)) {
    abort_argument("maximum", "one number, or Inf", maximum, call)
  }
}

refuse_to_store <- function(count, name, call, maximum = largest_store) {
  subject <- if (is.null(name)) {
    "The LazyTensor has"
  } else {
    sprintf("The value of `%s` would have", name)
  }
  abort_rkeops(
    "argument", sprintf(
      "%s %s entries, more than `maximum`, which is %s.", subject,
      format(count), format(maximum)
    ),
    hints = c(
      "Reductions such as `sum(x, index = \"j\")` do not store them.",
      "`as.matrix(x, maximum = Inf)` stores them nevertheless."
    ), call = call
  )
}

#' @rdname LazyTensor-matrix
#' @export
as.matrix.LazyTensor <- function(x, ..., maximum = 1e7, # nolint
                                 precision = NULL) {
  call <- sys.call()
  check_no_more(list(...), call, "`maximum` is the largest number of entries.")
  value <- as.array.LazyTensor(x, maximum = maximum, precision = precision)
  extents <- dim(value)
  if (length(extents) == 2L) {
    return(value)
  }
  if (all(extents[1:2] > 1L)) {
    abort_rkeops(
      "shape", sprintf(
        "A LazyTensor of dimensions %s is no matrix.",
        paste(extents, collapse = " x ")
      ), hints = "`as.array()` stores it.", call = call
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

# ---- values at pairs ----

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

# The entries with rows `i` and columns `j`, in turn, one row for each. As the
# largest of one number each is computed as reductions compute it.
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
    native_operand(x), unname(data),
    evaluation("Max", integer(), "j", precision_of(x))
  ), call)
  report_compilation(utils::tail(x@formula, 1L))
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

# ---- what base R asks for ----

# A matrix, or an array where there are several components; of TRUE and FALSE
# for comparisons.
stored <- function(x) {
  if (!is.LazyTensor(x)) {
    return(x)
  }
  is_deep <- inner_dimension(x) > 1L && has_pairs(x)
  value <- if (is_deep) as.array.LazyTensor(x) else as.matrix.LazyTensor(x)
  if (x@type == "logical") value == 1 else value
}

stored_vector <- function(x) as.vector(stored(x))

# For what knows no arrays.
stored_matrix <- function(x) {
  if (is.LazyTensor(x)) as.matrix.LazyTensor(x) else x
}

# nolint start: object_name_linter.

#' @export
as.integer.LazyTensor <- function(x, ...) as.integer(as.vector(x))

#' @export
as.logical.LazyTensor <- function(x, ...) as.logical(stored_vector(x))

#' @export
as.complex.LazyTensor <- function(x, ...) as.complex(stored_vector(x))

#' @export
as.character.LazyTensor <- function(x, ...) as.character(stored_vector(x))

#' @export
as.list.LazyTensor <- function(x, ...) as.list(stored_vector(x))

#' @export
as.data.frame.LazyTensor <- function(x, row.names = NULL, optional = FALSE,
                                     ...) {
  as.data.frame(stored(x), row.names, optional, ...)
}

# `outer()` asks for this before it asks for the dimensions.
#' @export
is.array.LazyTensor <- function(x) TRUE

#' @export
anyNA.LazyTensor <- function(x, recursive = FALSE) {
  any(any(is.na(x), index = "j"))
}

# `order()` and `rank()` ask for this.
#' @export
xtfrm.LazyTensor <- function(x) stored_vector(x)

#' @export
sort.LazyTensor <- function(x, decreasing = FALSE, ...) {
  sort(stored_vector(x), decreasing, ...)
}

#' @export
unique.LazyTensor <- function(x, incomparables = FALSE, ...) {
  unique(stored(x), incomparables, ...)
}

#' @export
duplicated.LazyTensor <- function(x, incomparables = FALSE, ...) {
  duplicated(stored(x), incomparables, ...)
}

#' @export
rev.LazyTensor <- function(x) rev(stored_vector(x))

#' @export
split.LazyTensor <- function(x, f, drop = FALSE, ...) {
  split(stored_vector(x), f, drop, ...)
}

#' @export
cut.LazyTensor <- function(x, ...) cut(stored_vector(x), ...)

#' @export
summary.LazyTensor <- function(object, ...) summary(stored_vector(object), ...)

#' @method all.equal LazyTensor
#' @export
all.equal.LazyTensor <- function(target, current, ...) {
  all.equal(stored(target), stored(current), ...)
}

#' @export
aperm.LazyTensor <- function(a, perm = NULL, ...) aperm(stored(a), perm, ...)

#' @export
rowsum.LazyTensor <- function(x, group, ...) {
  rowsum(stored_matrix(x), group, ...)
}

# ---- linear algebra ----

#' @export
determinant.LazyTensor <- function(x, logarithm = TRUE, ...) {
  determinant(stored_matrix(x), logarithm, ...)
}

#' @export
chol.LazyTensor <- function(x, ...) chol(stored_matrix(x), ...)

#' @export
isSymmetric.LazyTensor <- function(object, ...) {
  isSymmetric(stored_matrix(object), ...)
}

#' @rawNamespace S3method(stats::density, LazyTensor)
density.LazyTensor <- function(x, ...) stats::density(stored_vector(x), ...)

#' @rdname LazyTensor-words
#' @param y,use,method See [stats::cor()].
#' @aliases var,LazyTensor-method
#' @export
setGeneric("var")
setMethod("var", "LazyTensor", function(x, y = NULL, na.rm = FALSE, use) {
  if (missing(use)) {
    return(stats::var(stored_matrix(x), stored_matrix(y), na.rm = na.rm))
  }
  stats::var(stored_matrix(x), stored_matrix(y), na.rm = na.rm, use = use)
})

#' @rdname LazyTensor-words
#' @aliases cov,LazyTensor-method
#' @export
setGeneric("cov")
setMethod("cov", "LazyTensor", function(x, y = NULL, use = "everything",
                                        method = c(
                                          "pearson", "kendall", "spearman"
                                        )) {
  stats::cov(stored_matrix(x), stored_matrix(y), use, method)
})

#' @rdname LazyTensor-words
#' @aliases cor,LazyTensor-method
#' @export
setGeneric("cor")
setMethod("cor", "LazyTensor", function(x, y = NULL, use = "everything",
                                        method = c(
                                          "pearson", "kendall", "spearman"
                                        )) {
  stats::cor(stored_matrix(x), stored_matrix(y), use, method)
})

# ---- pictures ----

#' @rawNamespace S3method(graphics::image, LazyTensor)
image.LazyTensor <- function(x, ...) graphics::image(stored_matrix(x), ...)

#' @rawNamespace S3method(graphics::contour, LazyTensor)
contour.LazyTensor <- function(x, ...) graphics::contour(stored_matrix(x), ...)

#' @rawNamespace S3method(graphics::persp, LazyTensor)
persp.LazyTensor <- function(x, ...) graphics::persp(stored_matrix(x), ...)

#' @rawNamespace S3method(graphics::boxplot, LazyTensor)
boxplot.LazyTensor <- function(x, ...) graphics::boxplot(stored(x), ...)

#' @export
plot.LazyTensor <- function(x, y, ...) {
  abort_rkeops(
    "argument", "`plot` does not know what of a LazyTensor to draw.",
    hints = c(
      "`image(x)` and `contour(x)` draw all entries.",
      "`plot(as.matrix(x))` draws the first two columns, as of any matrix."
    ), call = sys.call()
  )
}

# ---- refused ----

refuse_change <- function(name) {
  force(name)
  function(x, ..., value) {
    abort_rkeops(
      "argument", sprintf("`%s` of a LazyTensor cannot be assigned.", name),
      hints = "Names and sizes are those of the data of `Vi()` and `Vj()`.",
      call = NULL
    )
  }
}

#' @export
`dim<-.LazyTensor` <- refuse_change("dim")

#' @export
`dimnames<-.LazyTensor` <- refuse_change("dimnames")

#' @export
`names<-.LazyTensor` <- refuse_change("names")

#' @export
`levels<-.LazyTensor` <- refuse_change("levels")

#' @export
`$<-.LazyTensor` <- function(x, name, value) {
  refuse_change(name)(x, value = value)
}

#' @export
`[[<-.LazyTensor` <- function(x, ..., value) {
  `[<-.LazyTensor`(x, ..., value = value)
}

#' @rdname LazyTensor-matrix
#' @export
`[[.LazyTensor` <- function(x, i, j, ...) {
  call <- sys.call()
  if (missing(i) || missing(j) || length(list(...))) {
    abort_rkeops(
      "argument", "One entry of a LazyTensor has a row and a column.",
      hints = c(
        "Write `x[[i, j]]`.",
        "`as.vector(x)` stores all entries, column by column."
      ), call = call
    )
  }
  value <- values_at(
    x, read_subscript(i, index_size(x, "i"), "rows", call, point_names(x, "i")),
    read_subscript(j, index_size(x, "j"), "columns", call, point_names(x, "j")),
    call
  )
  if (nrow(value) != 1L) {
    abort_rkeops(
      "argument", "`x[[i, j]]` is one entry.",
      hints = "`x[i, j]` takes rows and columns.", call = call
    )
  }
  c(value)
}

#' @export
c.LazyTensor <- function(...) refuse_binding("c")

#' @export
rep.LazyTensor <- function(x, ...) {
  abort_rkeops(
    "argument", "A LazyTensor cannot be repeated.",
    hints = c(
      "`Vi()`, `Vj()` and `Pm()` are repeated by themselves in expressions.",
      "`ifelse(test, x, y)` wants a `test` that is lazy, such as `Vi(test)`."
    ), call = quote(rep(...))
  )
}
# nolint end
