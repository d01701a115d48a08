# The pairs within a radius: a sparse result of a search over all pairs, found
# in two passes, so that only the pairs themselves take memory.

#' Pairs within a radius
#'
#' All entries of a lazy tensor that are at most `r`, as a list of pairs: near
#' neighbours of every point, edges of a graph, a sparse matrix. The matrix of
#' all entries is never stored: a first pass counts the pairs of each i, a
#' second one writes them, 16 bytes a pair.
#'
#' @param D A lazy tensor of inner dimension 1, such as a distance.
#' @param r One number, the radius. A pair is in if its entry is less than or
#'   equal to `r`; `NaN` is within no radius, not even `Inf`.
#' @param symmetric Whether `D` is known to be symmetric, and only the half
#'   above the diagonal, i < j, is wanted. `D` must have as many rows as
#'   columns; nothing else of its symmetry is checked.
#' @param self Whether pairs of a point and itself, i = j, are wanted. They are
#'   left out by their numbers, not by their distance, so duplicates of a point
#'   stay. Without them, `D` must have as many rows as columns.
#' @param maximum The largest number of pairs, or `NULL` for what fits into the
#'   memory that is free. Where there are more, the error says how many, before
#'   memory is taken for them.
#' @param precision `"float32"` or `"float64"`, or `NULL` for that of the
#'   tensor, see [lazy_precision()].
#' @param x,object Pairs.
#' @param ... Not used.
#'
#' @details
#' Entries are compared in double precision, see [lazy_precision()]. On
#' a GPU they are computed there, block by block, and selected on the host. For
#' large entries, such as similarities of at least s, write
#' `pairs_within(-K, -s)`.
#'
#' @return An object of class `rkeops_pairs`, ordered by i, then by j: a list of
#'   the integers `i` and `j`, counted from 1, the numbers `value`, and `dim`,
#'   `dimnames`, `radius`, `symmetric`, `self` (of the tensor and of the call).
#'   `length()` is the number of pairs, `x[k]` some of them, `as.data.frame()` a
#'   data frame of columns `i`, `j` and `value`, `as.matrix()` the matrix of the
#'   columns `i` and `j`, with which `K[as.matrix(x)]` are values of another
#'   tensor, and `igraph::graph_from_edgelist()` makes a graph. For
#'   `Matrix::sparseMatrix()` see [as_sparse_matrix()].
#' @seealso [argKmin()] for a number of neighbours instead of a radius,
#'   [within_groups()] for entries that are to be left out.
#' @export
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' x <- matrix(runif(200), 100)
#' D <- sqrt(sqdist(Vi(x), Vj(x)))
#' near <- pairs_within(D, 0.1, symmetric = TRUE)
#' near
#' length(near)
#' head(as.data.frame(near))
#' # a weight for each edge, from another tensor
#' head(exp(-near$value^2))
#' \dontshow{set_rkeops_options(previous)}
pairs_within <- function(D, r, symmetric = FALSE, # nolint
                         self = !symmetric, maximum = NULL,
                         precision = NULL) {
  call <- rlang::current_env()
  check_entries(D, "D", "pairs_within", call)
  D <- in_precision(D, precision, call) # nolint
  if (missing(r) || !checkmate::test_number(r)) {
    abort_argument("r", "one number", r, call)
  }
  check_flag(symmetric, "symmetric", call)
  check_flag(self, "self", call)
  if (!is.null(maximum) && !checkmate::test_number(maximum, lower = 0)) {
    abort_argument("maximum", "one number, or NULL", maximum, call)
  }
  if (symmetric) check_square(D, "symmetric = TRUE", call)
  if (!self) check_square(D, "self = FALSE", call)
  wanted <- list(
    radius = as.double(r), half = as.logical(symmetric),
    self = as.logical(self)
  )
  found <- find_pairs(D, wanted, maximum, call)
  structure(
    c(found, list(
      dim = dim(D), dimnames = dimnames(D), radius = wanted$radius,
      symmetric = wanted$half, self = wanted$self
    )),
    class = "rkeops_pairs"
  )
}

# A real tensor whose entries are numbers.
check_entries <- function(x, name, verb, call) {
  check_lazy(x, name, call)
  if (is_complex_tensor(x)) {
    abort_rkeops(
      "argument",
      sprintf("`%s` is not defined for complex LazyTensors.", verb),
      hints = "`Mod()`, `Re()` and `Im()` make real ones of them.", call = call
    )
  }
  if (inner_dimension(x) > 1L) {
    abort_rkeops(
      "shape", sprintf(
        "`%s` needs a LazyTensor of inner dimension 1, not %d.", verb,
        inner_dimension(x)
      ),
      hints = "`sum()` and `norm2()` make one number of the vector of a pair.",
      call = call
    )
  }
  x
}

check_square <- function(x, wish, call) {
  extents <- c(index_size(x, "i"), index_size(x, "j"))
  if (extents[[1L]] != extents[[2L]]) {
    abort_rkeops(
      "shape", sprintf(
        "`%s` needs as many rows as columns, not %d x %d.", wish, extents[[1L]],
        extents[[2L]]
      ),
      hints = "Rows and columns with the same number are taken for one point.",
      call = call
    )
  }
  x
}

bytes_of_a_pair <- 16

# Between the passes an interpreted program may have been compiled, so that an
# entry may lie on the other side of the radius, by its last digit.
find_pairs <- function(x, wanted, maximum, call) {
  operand <- native_operand(x)
  blocks <- evaluation(
    "Entries", r_entry_block_rows(), "i", entry_precision(x)
  )
  for (attempt in 1:3) {
    counts <- check_native(r_count_pairs(operand, blocks, wanted), call)
    check_pair_count(sum(counts), wanted$radius, maximum, call)
    pairs <- pair_places(sum(counts), wanted$radius, call)
    fits <- check_native(r_fill_pairs(
      operand, blocks, wanted, counts, pairs$i, pairs$j, pairs$value
    ), call)
    if (fits) {
      return(pairs)
    }
  }
  abort_rkeops(
    "internal", "Entries of a LazyTensor differ from one pass to the next.",
    call = call
  )
}

check_pair_count <- function(count, radius, maximum, call,
                             free = available_memory()) {
  room <- maximum %||% (free / bytes_of_a_pair)
  if (count <= room) {
    return()
  }
  abort_rkeops(
    "argument", sprintf(
      "%s pairs are within %s, which take %s; %s.", format_count(count),
      format(radius), format_bytes(count * bytes_of_a_pair),
      if (is.null(maximum)) {
        paste(format_bytes(free), "of memory are free")
      } else {
        paste("`maximum` is", format_count(maximum))
      }
    ),
    hints = c(
      "A smaller radius has fewer pairs, `symmetric = TRUE` half of them.",
      "`argKmin(D, K, \"j\")` gives the nearest K of each row."
    ), call = call
  )
}

pair_places <- function(count, radius, call) {
  tryCatch(
    list(i = integer(count), j = integer(count), value = double(count)),
    error = function(e) {
      abort_rkeops(
        "argument", sprintf(
          "There is no memory for the %s pairs within %s, which take %s.",
          format_count(count), format(radius),
          format_bytes(count * bytes_of_a_pair)
        ),
        hints = "A smaller radius has fewer pairs.", call = call
      )
    }
  )
}

format_count <- function(count) {
  format(count, big.mark = ",", scientific = FALSE, trim = TRUE)
}

format_bytes <- function(bytes) {
  format(structure(bytes, class = "object_size"), units = "auto",
         standard = "SI")
}

# Bytes that this process may still take, as far as the system says.
available_memory <- function() {
  min(free_memory_of_machine(), free_memory_of_group("/sys/fs/cgroup"))
}

free_memory_of_machine <- function(file = "/proc/meminfo") {
  lines <- read_if_there(file)
  line <- grep("^MemAvailable:", lines, value = TRUE)
  if (length(line)) 1024 * as.numeric(gsub("[^0-9]", "", line[[1L]])) else Inf
}

# A container has a limit of its own. Pages of files that are not in use count
# as taken, but give way.
free_memory_of_group <- function(folder) {
  number <- function(file) {
    line <- read_if_there(file.path(folder, file))
    if (length(line) == 1L && grepl("^[0-9]+$", line)) as.numeric(line) else NA
  }
  given <- grep(
    "^inactive_file ", read_if_there(file.path(folder, "memory.stat")),
    value = TRUE
  )
  given <- sum(as.numeric(sub(".* ", "", given)))
  free <- number("memory.max") - number("memory.current") + given
  if (is.na(free)) Inf else max(free, 0)
}

read_if_there <- function(file) {
  if (!file.exists(file)) {
    return(character())
  }
  tryCatch(readLines(file, warn = FALSE), error = function(e) character())
}

# ---- what is done with pairs ----

#' @rdname pairs_within
#' @export
length.rkeops_pairs <- function(x) length(unclass(x)$i)

#' @rdname pairs_within
#' @param k Which pairs: numbers, or a logical vector.
#' @export
`[.rkeops_pairs` <- function(x, k) {
  part <- unclass(x)
  for (one in c("i", "j", "value")) {
    part[[one]] <- about_argument("k", sys.call(), part[[one]][k])
  }
  structure(part, class = "rkeops_pairs")
}

#' @rdname pairs_within
#' @export
format.rkeops_pairs <- function(x, ...) {
  parts <- unclass(x)
  entries <- prod(parts$dim[1:2]) - if (parts$self) 0 else parts$dim[[1L]]
  if (parts$symmetric) entries <- (entries + parts$self * parts$dim[[1L]]) / 2
  share <- if (entries > 0) 100 * length(x) / entries else 0
  sprintf(
    "<rkeops_pairs> %s pairs%s of %s points within %s (%s %% of all)",
    format_count(length(x)), if (parts$symmetric) ", i < j," else "",
    paste(parts$dim[1:2], collapse = " x "), format(parts$radius),
    format(share, digits = 2)
  )
}

#' @rdname pairs_within
#' @param n How many pairs `print()` shows.
#' @export
print.rkeops_pairs <- function(x, ..., n = 6L) {
  n <- check_count(n, "n", rlang::current_env(), 0)
  writeLines(format(x))
  if (length(x)) print(as.data.frame(x[seq_len(min(n, length(x)))]))
  if (length(x) > n) cat("... and", format_count(length(x) - n), "more\n")
  invisible(x)
}

#' @rdname pairs_within
#' @export
str.rkeops_pairs <- function(object, ...) {
  utils::str(unclass(object), ...)
}

#' @rdname pairs_within
#' @param row.names,optional See [base::as.data.frame()].
#' @export
as.data.frame.rkeops_pairs <- function(x, row.names = NULL, # nolint
                                       optional = FALSE, ...) {
  parts <- unclass(x)
  about_function("as.data.frame", rlang::current_env(), as.data.frame(
    parts[c("i", "j", "value")], row.names = row.names, optional = optional
  ))
}

#' @rdname pairs_within
#' @export
as.matrix.rkeops_pairs <- function(x, ...) {
  parts <- unclass(x)
  cbind(i = parts$i, j = parts$j)
}

#' Pairs as a sparse matrix
#'
#' @param x Pairs, as [pairs_within()] gives them, or neighbours, as
#'   [nearest_neighbours()] does.
#' @param value What the entries of the matrix are: one number for each pair, or
#'   one for all; the values of the pairs if it is not given. `TRUE` makes the
#'   matrix of neighbours.
#' @return A sparse matrix of the package Matrix, of the dimensions and with the
#'   names of the tensor; a symmetric one for the half of a symmetric tensor. A
#'   pair that is not in `x` is an empty place there, which functions of Matrix
#'   take for 0, though its entry is larger than the radius. A pair with value 0
#'   has a stored 0.
#' @export
#' @examplesIf requireNamespace("Matrix", quietly = TRUE)
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' x <- matrix(runif(20), 10)
#' near <- pairs_within(sqdist(Vi(x), Vj(x)), 0.1, symmetric = TRUE)
#' as_sparse_matrix(near, exp(-near$value))
#' Matrix::rowSums(as_sparse_matrix(near, TRUE))
#' \dontshow{set_rkeops_options(previous)}
as_sparse_matrix <- function(x, value = NULL) {
  call <- rlang::current_env()
  if (!missing(x) && inherits(x, "nearest_neighbours")) x <- pairs_of(x)
  if (missing(x) || !inherits(x, "rkeops_pairs")) {
    abort_argument("x", "pairs, made by `pairs_within()`", x, call)
  }
  parts <- unclass(x)
  value <- value %||% parts$value
  valid <- (is.numeric(value) || is.logical(value)) &&
    (length(value) == 1L || length(value) == length(x))
  if (!valid) {
    abort_argument(
      "value", sprintf("one number, or %d, one a pair", length(x)), value, call
    )
  }
  rlang::check_installed("Matrix", "to make a sparse matrix.")
  Matrix::sparseMatrix(
    i = parts$i, j = parts$j, x = rep_len(value, length(x)),
    dims = parts$dim[1:2], dimnames = parts$dimnames,
    symmetric = parts$symmetric
  )
}
