# Which pairs count: entries of others are replaced, so that a reduction leaves
# them out. Points are told apart by their numbers, never by their distances.

#' Leave out pairs of a point and itself, or by groups
#'
#' These replace entries of a lazy tensor, so that a reduction does not count
#' them: with `Inf` for minima and neighbours, with 0 for sums. The other
#' entries stay as they are, and so does their gradient.
#'
#' @param x A lazy tensor.
#' @param value What the entries that are left out become: a number (or one a
#'   component), or a lazy tensor. `Inf`, of which minima and neighbours take no
#'   notice, is right for distances; write 0 for kernels and weights.
#' @param gi,gj The groups of the rows and of the columns of `x`: factors,
#'   characters, numbers or logicals, one for each. `gj` is `gi` if it is not
#'   given. A row or column whose group is `NA` is in none, so that none of its
#'   pairs is within or between groups.
#'
#' @details
#' * `off_diagonal(x, value)` has `value` where i = j: for leave-one-out sums
#'   and nearest *other* points. It goes by the numbers of the points and not by
#'   their rank or distance, so the other one of two equal points is a
#'   neighbour, and the point itself is none, wherever it is. Rows and columns
#'   of `x` must be the same points: as many of one as of the other.
#' * `within_groups(D, g)` keeps the pairs of the same group, and
#'   `outside_groups(D, g)` those of different groups.
#' * Rows and columns are chosen before or afterwards: `off_diagonal(D)[1:3, ]`
#'   are the first rows of `off_diagonal(D)`.
#' * Where fewer than `K` candidates are left, [argKmin()] gives `NA` and
#'   [Kmin()] `Inf`.
#'
#' @return A lazy tensor of the dimensions of `x`.
#' @name LazyTensor-masks
#' @seealso [pairs_within()], which leaves out the diagonal by `self = FALSE`.
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' x <- matrix(runif(40), 20)
#' D <- sqdist(Vi(x), Vj(x))
#' # the two nearest other points
#' argKmin(off_diagonal(D), 2, "j")[1:3, ]
#' # a kernel density estimate at each point from the others
#' rowSums(off_diagonal(exp(-D / 0.1), 0))[1:3] / 19
#' # the nearest other point of the same kind, and of another kind
#' kind <- rep(c("a", "b"), 10)
#' argmin(within_groups(off_diagonal(D), kind), "j")[1:3]
#' argmin(outside_groups(D, kind), "j")[1:3]
#' \dontshow{set_rkeops_options(previous)}
NULL

#' @rdname LazyTensor-masks
#' @export
off_diagonal <- function(x, value = Inf) {
  call <- rlang::current_env()
  check_mask_operands(x, value, call)
  check_square(x, "off_diagonal", call)
  number <- as.double(seq_len(index_size(x, "i")))
  with_value(same_code(number, number), value, x, "off_diagonal", call)
}

#' @rdname LazyTensor-masks
#' @export
within_groups <- function(x, gi, gj = gi, value = Inf) {
  call <- rlang::current_env()
  check_mask_operands(x, value, call)
  codes <- group_codes(x, gi, gj, call)
  # NA is equal to nothing
  same <- same_code(codes_or(codes$i, 0), codes_or(codes$j, -1))
  with_value(!same, value, x, "within_groups", call)
}

#' @rdname LazyTensor-masks
#' @export
outside_groups <- function(x, gi, gj = gi, value = Inf) {
  call <- rlang::current_env()
  check_mask_operands(x, value, call)
  codes <- group_codes(x, gi, gj, call)
  left_out <- same_code(codes_or(codes$i, 0), codes_or(codes$j, 0))
  if (anyNA(codes$i)) left_out <- left_out | Vi(as.double(is.na(codes$i))) > 0
  if (anyNA(codes$j)) left_out <- left_out | Vj(as.double(is.na(codes$j))) > 0
  with_value(left_out, value, x, "outside_groups", call)
}

check_mask_operands <- function(x, value, call) {
  check_lazy(x, "x", call)
  if (is_complex_tensor(x)) {
    abort_rkeops(
      "argument", "Entries of complex LazyTensors cannot be left out.",
      hints = "Leave out those of `Re(x)` and `Im(x)`.", call = call
    )
  }
  wanted <- "a number, a number for each component, or a LazyTensor"
  is_number <- (is.numeric(value) || is.logical(value)) && !is.object(value)
  if (!is.LazyTensor(value) && !(is_number && length(value) > 0L)) {
    abort_argument("value", wanted, value, call)
  }
}

# `value` where the test is true. The test has the precision of `x`.
with_value <- function(test, value, x, label, call) {
  test@precision <- ""
  stays_logical <- x@type == "logical" && is.logical(value)
  test <- apply_operation("-", list(test, lazy_constant(0.5)))
  apply_operation(
    "IfElse", list(test, value, x), label = label, call = call,
    type = if (stays_logical) "logical"
  )
}

# Whole numbers up to here are told apart in single precision; of larger ones
# two parts are compared.
largest_code <- 2^24

same_code <- function(i, j, largest = largest_code) {
  if (max(i, j, 0) <= largest) {
    return(Vi(i) == Vj(j))
  }
  low <- Vi(i %% largest) == Vj(j %% largest)
  high <- Vi(i %/% largest) == Vj(j %/% largest)
  low & high
}

codes_or <- function(codes, otherwise) replace(codes, is.na(codes), otherwise)

# The groups of rows and columns as numbers from 1, the same for the same group,
# NA for none.
group_codes <- function(x, gi, gj, call) {
  groups <- list(
    i = group_names(gi, "gi", call), j = group_names(gj, "gj", call)
  )
  for (index in c("i", "j")) {
    if (length(groups[[index]]) != index_size(x, index)) {
      abort_rkeops(
        "shape", sprintf(
          "`g%s` has %d groups, but the LazyTensor has %d %s.", index,
          length(groups[[index]]), index_size(x, index),
          c(i = "rows", j = "columns")[[index]]
        ),
        hints = "`gi` are the groups of the rows, `gj` those of the columns.",
        call = call
      )
    }
  }
  if (is.character(groups$i) != is.character(groups$j)) {
    abort_rkeops(
      "argument", "`gi` and `gj` must be both numbers, or both names.",
      call = call
    )
  }
  known <- unique(c(groups$i, groups$j))
  known <- known[!is.na(known)]
  lapply(groups, function(one) as.double(match(one, known)))
}

group_names <- function(group, name, call) {
  wanted <- "a factor, or a vector of characters, numbers or logicals"
  if (missing(group)) abort_argument(name, wanted, group, call)
  is_group <- is.factor(group) || is.character(group) || is.logical(group) ||
    is.numeric(group)
  if (!is_group || length(dim(group)) > 1L) {
    abort_argument(name, wanted, group, call)
  }
  if (is.factor(group) || is.character(group)) {
    enc2utf8(as.character(group))
  } else {
    as.double(group)
  }
}
