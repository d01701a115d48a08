# Data of classes that stand for numbers: times, dates, integers of 64 bits,
# matrices of other packages. All data enter the package through plain_data(),
# so that no class is ever read as the bits that it is stored in.

#' Classes of data
#'
#' Wherever data enter, in [Vi()], [Vj()], [Pm()] and [LazyTensor()], beside
#' lazy tensors, as inputs of operators and of their gradients, and in
#' [to_gpu()], these classes are understood:
#'
#' * Numbers, integers and logicals are numbers, `TRUE` is 1.
#' * `integer64` (of bit64) is converted to double precision. Whole numbers
#'   beyond \eqn{2^{53}}{2^53} are not exact there, which a warning of class
#'   `rkeops_warning_precision` says.
#' * `POSIXct` and `POSIXlt` are seconds since 1970-01-01 UTC, differences of
#'   class `difftime` are seconds, whatever their units, and `Date` is days
#'   since 1970-01-01. Lazy tensors remember the unit of their data through
#'   sums, differences and the like: what is in days beside what is in seconds
#'   is refused, plain numbers count in the unit of the tensor beside them. A
#'   reduction returns plain numbers of this unit.
#' * Sparse matrices and dense ones of Matrix, and sparse vectors. The engine
#'   computes with ordinary numbers, so a sparse matrix is written out as a
#'   matrix of doubles, some of its columns at a time, with no other copy. One
#'   that would take more than the option `dense_maximum_bytes` (see
#'   [set_rkeops_option()]), or than the memory that is free, is refused.
#' * Matrices in files ([file_matrix()]), and those of bigmemory, DelayedArray,
#'   HDF5Array and arrow (see [read_rows()]).
#' * Data frames of columns of these classes. Each column is converted by
#'   itself.
#' * Factors and text, in lazy tensors, for comparisons with other factors and
#'   text: `Vi(f) == Vj(f)`, `Vi(f) == "a"`, `!=`, and for ordered factors of
#'   the same levels `<`, `<=`, `>` and `>=`. Levels are compared by their
#'   names: two factors need not have the same ones. All other operations, and
#'   operators, refuse them; `as.integer()` makes numbers of the codes of a
#'   factor.
#'
#' Missing values of all classes are `NA`.
#'
#' @return These are no functions.
#' @name data-classes
#' @aliases data_classes
#' @seealso [LazyTensor()], [keops_kernel()]
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' # how many events are within ten minutes of each event, of the same kind
#' time <- as.POSIXct("2024-05-01 12:00:00", tz = "UTC") + c(0, 200, 500, 3000)
#' kind <- factor(c("car", "bus", "car", "bus"))
#' near <- abs(Vi(time) - Vj(time)) <= as.difftime(10, units = "mins")
#' rowSums(near & Vi(kind) == Vj(kind))
#'
#' # a kernel of a week
#' day <- as.Date("2024-05-01") + c(0, 3, 30)
#' rowSums(exp(-abs(Vi(day) - Vj(day)) / 7))
#' \dontshow{set_rkeops_options(previous)}
NULL

# Numbers as base R has them for the classes above, the same object where there
# is nothing to convert. What is not understood comes back as it is, and is
# refused by whoever asked.
plain_data <- function(x, name, call) {
  if (!is.object(x) || is_gpu_matrix(x)) {
    x
  } else if (is.data.frame(x)) {
    plain_frame(x, name, call)
  } else if (inherits(x, "file_matrix")) {
    plain_file_matrix(x, name, call)
  } else if (inherits(x, c("big.matrix", "ArrowTabular"))) {
    read_rows(x, 1, nrow(x))
  } else if (inherits(x, "integer64")) {
    keep_shape(integer64_numbers(x, name, call), x)
  } else if (inherits(x, "POSIXt")) {
    keep_shape(as.numeric(as.POSIXct(x)), x)
  } else if (inherits(x, "difftime")) {
    keep_shape(as.numeric(x, units = "secs"), x)
  } else if (inherits(x, "Date")) {
    keep_shape(as.numeric(x), x)
  } else if (isS4(x)) {
    plain_s4(x, name, call)
  } else if (is_numbers(x)) {
    unclass(x)
  } else {
    x
  }
}

# The dimensions and names of a matrix; as.numeric() drops them.
keep_shape <- function(values, x) {
  if (is.matrix(x)) {
    dim(values) <- dim(x)
    dimnames(values) <- dimnames(x)
  }
  values
}

plain_frame <- function(x, name, call) {
  columns <- Map(
    function(column, label) {
      plain_data(column, paste0(name, "$", label), call)
    }, as.list(x), names(x)
  )
  if (!all(vapply(columns, is_numbers, NA))) {
    return(x)
  }
  if (any(vapply(columns, NROW, 1L) != nrow(x))) {
    abort_rkeops(
      "argument", sprintf(
        "The columns of the data frame `%s` have different lengths.", name
      ), hints = "It is not made by `data.frame()`.", call = call
    )
  }
  values <- do.call(cbind, columns) %||% matrix(0, nrow(x), 0L)
  rownames(values) <- if (is.character(attr(x, "row.names"))) rownames(x)
  values
}

# Whether operators, which look at numbers themselves, have to ask here.
is_classed <- function(x) is.object(x) && !is_gpu_matrix(x)

# The unit that a number of these data counts, "" for a plain number.
unit_of_data <- function(x) {
  if (!is.object(x)) {
    ""
  } else if (inherits(x, "Date")) {
    "days"
  } else if (inherits(x, c("POSIXt", "difftime"))) {
    "seconds"
  } else if (is.data.frame(x)) {
    units <- unique(vapply(x, unit_of_data, ""))
    if (length(units) == 1L) units else ""
  } else {
    ""
  }
}

integer64_numbers <- function(x, name, call) {
  values <- r_integer64_numbers(x)
  if (any(abs(values) >= 2^53, na.rm = TRUE)) {
    warn_precision(
      sprintf("`%s` has whole numbers beyond 2^53, which are rounded.", name),
      c(
        "Subtract a number near them first: `x - x[1]` is exact.",
        "Ids are compared as text: `as.character(x)`."
      ), call
    )
  }
  values
}

plain_s4 <- function(x, name, call) {
  if (inherits(x, "sparseMatrix") || inherits(x, "diagonalMatrix")) {
    dense_columns(x, name, call)
  } else if (inherits(x, "sparseVector")) {
    as.numeric(x)
  } else if (length(dim(x)) == 2L && !is.LazyTensor(x)) {
    converted <- tryCatch(as.matrix(x), error = function(e) x)
    if (is.object(converted)) x else converted
  } else {
    x
  }
}

# ---- sparse matrices ----

# The doubles of a sparse matrix, and beside them some columns at a time.
dense_columns <- function(x, name, call) {
  check_dense_size(dim(x), name, call)
  names <- rownames(x)
  x <- methods::as(methods::as(x, "CsparseMatrix"), "generalMatrix")
  starts <- x@p
  dense <- matrix(0, nrow(x), ncol(x))
  for (columns in column_blocks(starts)) {
    entries <- seq_len(starts[columns[[2L]] + 1L] - starts[columns[[1L]]]) +
      starts[columns[[1L]]]
    block <- columns[[1L]]:columns[[2L]]
    column <- rep(as.double(block) - 1, diff(starts)[block])
    dense[x@i[entries] + 1 + column * nrow(dense)] <-
      if (inherits(x, "nsparseMatrix")) 1 else as.double(x@x[entries])
  }
  rownames(dense) <- names
  dense
}

# First and last columns of blocks of a million entries, or of one column.
column_blocks <- function(starts) {
  columns <- length(starts) - 1L
  filled <- starts[-1L] - starts[[1L]]
  block <- filled %/% 2^20
  last <- which(c(diff(block) > 0, if (columns) TRUE))
  Map(c, c(1L, last[-length(last)] + 1L)[seq_along(last)], last)
}

check_dense_size <- function(size, name, call) {
  bytes <- 8 * prod(as.double(size))
  limit <- settings$dense_maximum_bytes
  free <- free_memory()
  if (bytes <= min(limit, free)) {
    return()
  }
  is_limit <- bytes > limit
  abort_rkeops(
    "argument", sprintf(
      "`%s` is a sparse matrix of %s, which would be %s of numbers; %s %s.",
      name, paste(size, collapse = " x "), format_size(bytes),
      format_size(if (is_limit) limit else free),
      if (is_limit) "is the limit" else "are free"
    ),
    hints = c(
      "The engine computes with all numbers of a matrix, zeros among them.",
      if (is_limit) "The option `dense_maximum_bytes` sets the limit.",
      "Fewer rows at a time, or fewer columns, take less."
    ), call = call
  )
}

# Bytes that programs can still have; Inf where the system does not say.
free_memory <- function(file = "/proc/meminfo") {
  lines <- if (file.exists(file)) readLines(file, warn = FALSE)
  line <- grep("^MemAvailable:", lines, value = TRUE)
  if (length(line)) 1024 * as.numeric(gsub("[^0-9]", "", line[[1L]])) else Inf
}

# ---- the same R object ----

# A matrix that is used twice is one variable; so are two conversions of the
# same R object, which the native code finds by this mark. It keeps the object
# (its address) as long as the conversion lives, and is not saved with it.
mark_source <- function(converted, source) {
  if (rlang::is_reference(source_of(converted), source) ||
        is_gpu_matrix(converted)) {
    return(converted)
  }
  key <- new.env(parent = emptyenv())
  # a weak reference would copy the object itself
  holder <- new.env(parent = emptyenv())
  holder$object <- source
  attr(converted, "rkeops_source") <-
    list(key, rlang::new_weakref(key, value = holder))
  converted
}

# A number that is written twice, as in `x / 50 - y / 50`, is one variable, too.
mark_number <- function(value) {
  if (length(value) == 1L) attr(value, "rkeops_number") <- TRUE
  value
}

source_of <- function(data) {
  mark <- attr(data, "rkeops_source")
  if (is.null(mark)) data else rlang::wref_value(mark[[2L]])$object
}

without_mark <- function(data) {
  for (mark in c("rkeops_source", "rkeops_number")) {
    if (!is.null(attr(data, mark))) attr(data, mark) <- NULL
  }
  data
}
