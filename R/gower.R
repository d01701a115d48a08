# The distance of Gower: columns of any kind, and missing values.

#' Distances of mixed columns
#'
#' The distance of Gower: the mean over the columns of how much two points
#' differ in each, from 0 to 1. Numbers, dates and ordered factors differ by
#' their absolute difference (of ordered factors that of the numbers of the
#' levels), divided by the range of the column; factors, text and logical values
#' by 1 where they are not equal. A column that is missing in one of both points
#' is left out of their mean, which is missing where nothing is left.
#'
#' @param x,y Data frames or matrices of the same columns, one point a row.
#'   Without `y` the points are those of `x`. Lazy tensors, of numbers only,
#'   need `ranges`.
#' @param weights One number for each column, at least 0: the mean is weighted
#'   with them.
#' @param ranges The ranges of the columns, one number for each; those of
#'   factors are not used. By default those of the values of `x` and `y`
#'   together. A column with range 0 adds nothing to the sum, but counts.
#' @inheritParams kernels
#' @return A lazy tensor.
#' @references Gower, J. C. (1971). A general coefficient of similarity and some
#'   of its properties. *Biometrics*, 27, 857-871.
#' @seealso [distances]; `cluster::daisy()`, which stores all distances.
#' @concept mixed data
#' @concept categorical variables
#' @concept daisy
#' @export
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' D <- gower(iris)
#' as.matrix(D[1:3, c(1, 51, 101)])
#' # the car nearest to each of the first three, by measures and kind
#' cars <- transform(mtcars, am = factor(am), cyl = ordered(cyl))
#' rownames(cars)[argmin(off_diagonal(gower(cars)), "j")[1:3]]
#' \dontshow{set_rkeops_options(previous)}
gower <- function(x, y = NULL, weights = NULL, ranges = NULL,
                  precision = get_rkeops_option("precision")) {
  call <- rlang::current_env()
  if (missing(x)) abort_argument("x", pair_wanted, , call)
  if (is.LazyTensor(x) || is.LazyTensor(y)) {
    return(gower_of_tensors(x, y, weights, ranges, precision, call))
  }
  x <- code_frame(x, "x", call)
  y <- if (!is.null(y)) code_frame(y, "y", call)
  if (!is.null(y)) check_same_columns(ncol(x), ncol(y), call)
  weights <- check_column_weights(weights, ncol(x), call)
  ranges <- check_ranges(ranges, ncol(x), call)
  columns <- lapply(seq_len(ncol(x)), function(k) {
    gower_column(x[[k]], if (is.null(y)) NULL else y[[k]], ranges[[k]],
                 names(x)[[k]], call)
  })
  is_code <- vapply(columns, `[[`, NA, "is_code")
  parts <- lapply(split(seq_along(columns), is_code), function(chosen) {
    gower_part(columns[chosen], weights[chosen], !is.null(y), precision)
  })
  total <- function(name) Reduce(`+`, lapply(parts, `[[`, name))
  total("sum") / total("weight")
}

check_column_weights <- function(weights, columns, call) {
  weights <- weights %||% rep(1, columns)
  valid <- is.numeric(weights) && length(weights) == columns &&
    all(is.finite(weights) & weights >= 0) && sum(weights) > 0
  if (!valid) {
    abort_argument(
      "weights", sprintf("%d numbers of at least 0, not all 0", columns),
      weights, call
    )
  }
  as.double(weights)
}

check_ranges <- function(ranges, columns, call) {
  if (is.null(ranges)) {
    return(rep(NA_real_, columns))
  }
  if (!is.numeric(ranges) || length(ranges) != columns ||
        any(ranges < 0, na.rm = TRUE)) {
    abort_argument(
      "ranges", sprintf("%d numbers of at least 0", columns), ranges, call
    )
  }
  as.double(ranges)
}

# A column of both sides as numbers, in units of its range or as codes.
gower_column <- function(x, y, range, name, call) {
  if ((is_text(x) && !is.ordered(x)) || is.logical(x)) {
    return(c(codes_of_column(x, y), is_code = TRUE))
  }
  levels <- levels(x)
  x <- gower_numbers(x, levels, name, call)
  y <- if (!is.null(y)) gower_numbers(y, levels, name, call)
  extent <- range_of(c(x, y))
  if (is.na(range)) range <- diff(extent)
  unit <- if (range > 0) range else Inf
  scaled <- function(one) if (!is.null(one)) (one - extent[[1L]]) / unit
  list(x = scaled(x), y = scaled(y), is_code = FALSE)
}

range_of <- function(numbers) {
  known <- numbers[is.finite(numbers)]
  if (length(known)) range(known) else c(0, 0)
}

gower_numbers <- function(x, levels, name, call) {
  value <- if (is.ordered(x)) {
    as.double(match(as.character(x), levels))
  } else {
    plain_data(x, name, call)
  }
  if (!is_numbers(value) || is.complex(value)) {
    abort_rkeops("argument", sprintf(
      "Column `%s` must be numbers, logical, a factor or text, not %s.", name,
      describe_value(x)
    ), call = call)
  }
  as.double(value)
}

# The weighted sum of the differences of some columns of one kind, and of the
# weights of those that are there.
gower_part <- function(columns, weights, has_y, precision) {
  side <- function(name) {
    do.call(cbind, lapply(columns, `[[`, name))
  }
  x <- side("x")
  y <- if (has_y) side("y") else x
  holes <- anyNA(x) || anyNA(y)
  rows <- function(values) Vi(values, precision = precision)
  there <- if (holes) {
    present_x <- 1 * !is.na(x)
    present_y <- if (has_y) 1 * !is.na(y) else present_x
    x[is.na(x)] <- 0
    y <- if (has_y) replace(y, is.na(y), 0) else x
    rows(present_x) * Vj(present_y, precision = precision)
  }
  is_code <- columns[[1L]]$is_code
  x <- rows(x)
  y <- Vj(y, precision = precision)
  part <- if (is_code) x != y else abs(x - y)
  weighted <- function(value) {
    apply_operation("Sum", list(value * Pm(weights, precision = precision)))
  }
  if (!holes) {
    return(list(sum = weighted(part), weight = sum(weights)))
  }
  list(sum = weighted(part * there), weight = weighted(there))
}

gower_of_tensors <- function(x, y, weights, ranges, precision, call) {
  sides <- pair_operands(x, y, precision, call)
  columns <- inner_dimension(sides$x)
  weights <- check_column_weights(weights, columns, call)
  ranges <- check_ranges(ranges, columns, call)
  if (anyNA(ranges)) {
    abort_argument("ranges", sprintf("%d numbers", columns), , call,
                   "The data of a LazyTensor are not looked at.")
  }
  factor <- base::ifelse(ranges > 0, weights / ranges, 0) / sum(weights)
  difference <- abs(sides$x - sides$y)
  apply_operation("Sum", list(difference * Pm(factor)))
}
