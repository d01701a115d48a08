# Entries that are stored: `as.matrix()`, values at pairs, and what is refused
# in our words because it would change or bind entries.

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
    evaluation("Max", integer(), "j", entry_precision(x))
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

# nolint start: object_name_linter.

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
`length<-.LazyTensor` <- refuse_change("length")

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
