# Matrices in files: what they are, how they are read and written, and how their
# numbers become those of an R matrix.

#' Matrices in files
#'
#' `file_matrix()` is a matrix whose numbers stay in a file, which may be larger
#' than the memory. It stands where a matrix stands: in [Vi()], [Vj()],
#' [LazyTensor()], as an input of operators, in [nearest_neighbours()] and the
#' like; and in the argument `out` of operators, where results go.
#' `write_file_matrix()` writes such a file, some rows at a time.
#'
#' @param path The file.
#' @param nrow,ncol How many rows and columns it has.
#' @param type `"double"` (8 bytes a number) or `"float"` (4 bytes).
#' @param order `"column"`: one column after the other, as in R; or `"row"`: one
#'   row after the other, as in C and in Python. Nothing else is in the file,
#'   and numbers are in the byte order of this machine.
#' @param create Whether a file that does not exist is made, of zeros.
#' @param x What is to be written: anything that [read_rows()] reads.
#'
#' @details
#' A file of doubles in columns is mapped into memory: nothing is copied, and
#' what is read may leave memory again. Other files are converted, in memory
#' where the numbers take less than the option `memory` (by default half of
#' what is free), else into a file of doubles in [tempdir()], which is mapped.
#'
#' Operators read inputs by blocks of rows where these are larger than
#' `memory`, or cannot be mapped. Those with the index of the result always:
#' each block is computed by itself. Those with the index that is reduced where
#' the formula is one `Sum`, `Min`, `Max`, `ArgMin`, `ArgMax`, `Min_ArgMin`,
#' `Max_ArgMax` or `LogSumExp`: results of blocks are merged; in other formulas
#' they are mapped, or it is an error. So `memory` bounds what such a call takes
#' besides its other inputs. A result is that of all rows but for rounding, and
#' rows of the result are best few: those with the other index are read again
#' for each of their blocks.
#'
#' @return An object of class `file_matrix`: `dim()`, `as.matrix()`,
#'   [read_rows()] and `print()` know it. `write_file_matrix()` returns it
#'   invisibly.
#' @seealso [keops_kernel()] for `out`.
#' @export
#' @examples
#' x <- matrix(runif(3000), ncol = 3)
#' path <- tempfile()
#' on_disk <- write_file_matrix(x, path)
#' on_disk
#' density <- sum(exp(-sqdist(Vi(on_disk), Vj(on_disk))), index = "j")
#' op <- keops_kernel("Sum_Reduction(Exp(-SqDist(x, y)), 0)",
#'   c("x = Vi(3)", "y = Vj(3)"))
#' result <- file_matrix(tempfile(), 1000, 1, create = TRUE)
#' op(on_disk, on_disk, out = result)
#' identical(as.matrix(result), density)
#' file.remove(path, result$path)
file_matrix <- function(path, nrow, ncol, type = "double", order = "column",
                        create = FALSE) {
  call <- rlang::current_env()
  x <- new_file_matrix(path, nrow, ncol, type, order, call)
  if (check_flag(create, "create", call) && !file.exists(x$path)) {
    allocate_file(x)
  }
  wanted <- bytes_in_file(x)
  size <- file.size(x$path)
  if (is.na(size) || size != wanted) {
    found <- if (is.na(size)) "which does not exist" else paste("of", size)
    abort_argument(
      "path", sprintf("a file of %.0f bytes", wanted), path, call,
      hints = sprintf("`%s` is a file %s.", x$path, found)
    )
  }
  x
}

# `cache` holds the matrix of its numbers, once it was asked for.
new_file_matrix <- function(path, nrow, ncol, type, order, call) {
  path <- path.expand(check_string(path, "path", call))
  check_extent(nrow, "nrow", call)
  check_extent(ncol, "ncol", call)
  check_choice(type, c("double", "float"), "type", call)
  check_choice(order, c("column", "row"), "order", call)
  structure(
    list(
      path = normalizePath(path, mustWork = FALSE), nrow = as.numeric(nrow),
      ncol = as.numeric(ncol), type = type, order = order,
      cache = new.env(parent = emptyenv())
    ), class = "file_matrix"
  )
}

check_extent <- function(value, name, call) {
  if (missing(value) ||
        !checkmate::test_number(value, lower = 0, upper = 2^52) ||
        value != floor(value)) {
    abort_argument(name, "one whole number, at least 0", value, call)
  }
}

bytes_of_number <- function(x) if (x$type == "double") 8 else 4

bytes_in_file <- function(x) x$nrow * x$ncol * bytes_of_number(x)

# The file holds zeros, which take no place on the disk.
allocate_file <- function(x) {
  connection <- file(x$path, "wb")
  on.exit(close(connection))
  bytes <- bytes_in_file(x)
  if (bytes > 0) {
    seek(connection, bytes - 1, rw = "write")
    writeBin(as.raw(0), connection)
  }
}

#' @rdname file_matrix
#' @export
write_file_matrix <- function(x, path, type = "double", order = "column") {
  call <- rlang::current_env()
  size <- dim(x)
  if (length(size) != 2L) {
    abort_argument("x", "a matrix, or what read_rows() reads", x, call)
  }
  file <- new_file_matrix(path, size[[1L]], size[[2L]], type, order, call)
  unlink(file$path)
  allocate_file(file)
  for (rows in row_blocks(file$nrow, 8 * file$ncol)) {
    write_rows(file, rows[[1L]], read_rows(x, rows[[1L]], rows[[2L]]))
  }
  invisible(file)
}

# First and last rows of blocks that take a third of the memory there is, and no
# more than `bytes`: the system hands out small blocks again, large ones anew.
row_blocks <- function(rows, bytes_of_row, bytes = Inf) {
  bytes <- min(memory_room() / 3, bytes)
  most <- max(1, floor(bytes / max(bytes_of_row, 1)))
  most <- min(most, 2^31 - 1, max(rows, 1))
  if (most > 4096) most <- most - most %% 4096
  begin <- if (rows > 0) seq(1, rows, by = most) else numeric()
  Map(function(first) c(first, min(first + most - 1, rows)), begin)
}

small_block <- 24 * 2^20

memory_room <- function() min(settings$memory, available_memory() / 2)

# ---- rows ----

read_file_rows <- function(x, begin, end) {
  check_native(r_read_file_rows(
    x$path, x$nrow, x$ncol, x$type == "float", x$order == "row", begin,
    end - begin + 1
  ))
}

write_rows <- function(x, begin, values) {
  if (!length(values)) {
    return()
  }
  connection <- file(x$path, "r+b")
  on.exit(close(connection))
  write_at <- function(place, numbers) {
    size <- bytes_of_number(x)
    seek(connection, place * size, rw = "write")
    writeBin(as.double(numbers), connection, size = size)
  }
  if (x$order == "row") {
    write_at((begin - 1) * x$ncol, t(values))
  } else {
    for (column in seq_len(x$ncol)) {
      write_at((column - 1) * x$nrow + begin - 1, values[, column])
    }
  }
  x$cache$values <- NULL
}

# ---- as a matrix of R ----

plain_file_matrix <- function(x, name, call) {
  if (x$nrow >= 2^31 || x$ncol >= 2^31) {
    abort_rkeops(
      "argument", sprintf("`%s` has more rows than an R matrix can.", name),
      hints = "Operators read it by blocks, with `out`.", call = call
    )
  }
  if (is.null(x$cache$values)) {
    x$cache$values <- mark_source(numbers_of_file(x, name, call), x)
  }
  x$cache$values
}

numbers_of_file <- function(x, name, call) {
  if (!is_mappable(x)) {
    if (8 * x$nrow * x$ncol <= memory_room()) {
      return(read_file_rows(x, 1, x$nrow))
    }
    x <- write_file_matrix(x, tempfile("rkeops-"))
  }
  values <- r_mapped_matrix(x$path, x$nrow, x$ncol)
  if (inherits(values, "rkeops_failure")) {
    abort_rkeops(
      "argument", sprintf("`%s` cannot be mapped into memory.", name),
      details = values$message,
      hints = paste(
        "Operators read rows of the result's index by blocks, and others for",
        "sums, smallest and largest values, and their places."
      ),
      call = call
    )
  }
  values
}

is_mappable <- function(x) x$type == "double" && x$order == "column"

#' @export
dim.file_matrix <- function(x) c(x$nrow, x$ncol)

#' @export
as.matrix.file_matrix <- function(x, ...) read_rows(x, 1, x$nrow)

#' @export
print.file_matrix <- function(x, ...) {
  cat(sprintf(
    "<file_matrix> %.0f x %.0f, %ss, %s by %s\n%s\n", x$nrow, x$ncol, x$type,
    x$order, x$order, x$path
  ))
  invisible(x)
}
