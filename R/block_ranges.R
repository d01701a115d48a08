# Ranges by what they are for: groups, bands, matrices of blocks, radii.

#' Make ranges from groups, bands and matrices of blocks
#'
#' @param rows,columns Groups of neighbouring i, and of neighbouring j, which
#'   are those of i if they are not given: their sizes, in order; or a factor or
#'   text with the group of each point, where the points of a group are
#'   neighbours; or [grid_clusters()]. For `band()` the numbers of i and of j.
#' @param blocks A logical matrix, or a sparse one of the package Matrix, with a
#'   row for each group of i and a column for each group of j: which blocks of
#'   pairs are computed. In matrices of numbers, those that are not 0.
#' @param width How far i and j may be from each other.
#' @param at_once How many neighbouring i have the same j: those that one of
#'   them has. With 1 the band is exact; with 64 it is computed faster.
#'
#' @details
#' * `block_diagonal()`: pairs of the same group, group k of i with group k of
#'   j. With factors, groups of the same level.
#' * `band()`: pairs with `abs(i - j) <= width`.
#' * `from_matrix()`: the blocks that a matrix says.
#'
#' @return An object of class [pair_ranges()].
#' @name block_ranges
#' @examples
#' block_diagonal(c(3, 4), c(10, 20))
#' block_diagonal(factor(c("a", "a", "b")), factor(c("a", "b", "b", "b")))
#' as.matrix(band(1, 4))
#' keep <- rbind(c(TRUE, FALSE), c(TRUE, TRUE))
#' from_matrix(keep, rows = c(2, 3), columns = c(4, 1))
NULL

#' @rdname block_ranges
#' @export
block_diagonal <- function(rows, columns = rows) {
  call <- rlang::current_env()
  i <- read_groups(rows, "rows", call)
  j <- read_groups(columns, "columns", call)
  if (is.null(names(i)) != is.null(names(j))) {
    abort_rkeops(
      "argument",
      "`rows` and `columns` must be both sizes, or both groups of points.",
      call = call
    )
  }
  if (is.null(names(i)) && length(i) != length(j)) {
    abort_rkeops(
      "shape", sprintf(
        "There are %d groups of `rows`, but %d of `columns`.", length(i),
        length(j)
      ), call = call
    )
  }
  ends_i <- group_ends(i)
  ends_j <- group_ends(j)
  if (!is.null(names(i))) {
    common <- intersect(names(i), names(j))
    ends_i <- ends_i[match(common, names(i)), , drop = FALSE]
    ends_j <- ends_j[match(common, names(j)), , drop = FALSE]
  }
  new_ranges(ends_i, ends_j, c(sum(i), sum(j)), call)
}

#' @rdname block_ranges
#' @export
band <- function(width, rows, columns = rows, at_once = 1) {
  call <- rlang::current_env()
  width <- check_whole_number(width, "width", call)
  rows <- check_whole_number(rows, "rows", call)
  columns <- check_whole_number(columns, "columns", call)
  at_once <- check_whole_number(at_once, "at_once", call, lower = 1)
  first <- if (rows > 0) seq(1, rows, by = at_once) else numeric()
  last <- pmin(first + at_once - 1, rows)
  begin <- pmax(first - width, 1)
  end <- pmin(last + width, columns)
  kept <- begin <= end
  new_ranges(
    cbind(first, last)[kept, , drop = FALSE],
    cbind(begin, end)[kept, , drop = FALSE], c(rows, columns), call
  )
}

#' @rdname block_ranges
#' @export
from_matrix <- function(blocks, rows, columns = rows) {
  call <- rlang::current_env()
  i <- read_groups(rows, "rows", call)
  j <- read_groups(columns, "columns", call)
  is_matrix <- !missing(blocks) && is.matrix(blocks) &&
    (is.logical(blocks) || is.numeric(blocks))
  if (missing(blocks) || !is_matrix && !inherits(blocks, "Matrix")) {
    abort_argument(
      "blocks", "a logical matrix, or a sparse matrix of the package Matrix",
      blocks, call
    )
  }
  if (nrow(blocks) != length(i) || ncol(blocks) != length(j)) {
    abort_rkeops(
      "shape", sprintf(
        "`blocks` is %d x %d, but groups of rows are %d, of columns %d.",
        nrow(blocks), ncol(blocks), length(i), length(j)
      ), call = call
    )
  }
  if (anyNA(blocks)) {
    abort_rkeops("argument", "`blocks` has missing values.", call = call)
  }
  places <- if (is_matrix) {
    which(blocks != 0, arr.ind = TRUE)
  } else {
    found <- Matrix::which(blocks != 0, arr.ind = TRUE)
    matrix(found, ncol = 2L)
  }
  new_ranges(
    group_ends(i)[places[, 1L], , drop = FALSE],
    group_ends(j)[places[, 2L], , drop = FALSE], c(sum(i), sum(j)), call
  )
}

# ---- groups of neighbouring points ----

# The sizes of groups, with the names of groups where these have any.
read_groups <- function(groups, name, call) {
  if (!missing(groups)) {
    if (inherits(groups, "grid_clusters")) {
      return(groups$sizes)
    }
    if (is.factor(groups) || is.character(groups)) {
      return(sizes_of_labels(as.character(groups), name, call))
    }
    is_sizes <- !is.object(groups) &&
      is_whole(groups, lower = 0, any.missing = FALSE)
    if (is_sizes) {
      return(as.double(groups))
    }
  }
  abort_argument(
    name, paste(
      "whole numbers, the sizes of groups, or a factor, the group of each",
      "point, or of `grid_clusters()`"
    ), groups, call
  )
}

sizes_of_labels <- function(labels, name, call) {
  if (anyNA(labels)) {
    abort_rkeops(
      "argument", sprintf("`%s` has points of no group (`NA`).", name),
      call = call
    )
  }
  runs <- rle(labels)
  again <- anyDuplicated(runs$values)
  if (again > 0L) {
    abort_rkeops(
      "argument", sprintf(
        "The points of group \"%s\" of `%s` are no neighbours.",
        runs$values[[again]], name
      ),
      hints = "Put the data into the order of their groups first.", call = call
    )
  }
  rlang::set_names(as.double(runs$lengths), runs$values)
}

# The first and the last point of each group.
group_ends <- function(sizes) {
  last <- cumsum(unname(sizes))
  cbind(last - unname(sizes) + 1, last)
}

check_whole_number <- function(x, name, call, lower = 0) {
  if (missing(x) || !is_count(x, positive = lower > 0)) {
    abort_argument(
      name, sprintf("a whole number of at least %.0f", lower), x, call
    )
  }
  as.double(x)
}
