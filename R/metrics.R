# Metrics by name: the data as points, and the lazy tensor of pairs whose
# smallest entries are the nearest pairs.

metric_names <- c(
  "euclidean", "manhattan", "maximum", "cosine", "mahalanobis", "haversine",
  "hamming", "gower"
)

check_metric <- function(metric, call, choices = metric_names) {
  if (is.function(metric)) {
    return(metric)
  }
  if (!is_choice(metric, choices)) {
    wanted <- paste0("\"", choices, "\"", collapse = ", ")
    abort_argument(
      "metric", paste0(wanted, " or a function of two LazyTensors"), metric,
      call, hints = if (checkmate::test_string(metric)) {
        near_hints(metric, choices)
      }
    )
  }
  metric
}

metric_label <- function(metric) {
  if (is.function(metric)) "function" else metric
}

# Points for a metric: a matrix of finite numbers, or columns of any kind.
metric_points <- function(x, metric, name, call) {
  if (metric_label(metric) %in% c("gower", "hamming")) {
    if (missing(x)) abort_argument(name, pair_wanted, , call)
    x <- code_frame(x, name, call)
    if (!ncol(x)) {
      abort_rkeops(
        "shape", sprintf("`%s` must have at least one column.", name),
        call = call
      )
    }
    return(x)
  }
  if (!missing(x) && is.data.frame(x) && !all(are_numbers(x))) {
    abort_argument(
      name, "numeric columns", x, call,
      hints = c(data_hints(x), "`metric = \"gower\"` takes any columns.")
    )
  }
  points <- read_points(x, name, call)
  if (identical(metric, "haversine") && ncol(points) != 2L) {
    abort_rkeops("shape", sprintf(
      "`%s` must have two columns, longitude and latitude, not %d.", name,
      ncol(points)
    ), call = call)
  }
  points
}

# `pairs` is the tensor of rows (queries) and columns (x); `distance` makes
# distances of its entries, `entry` entries of distances. Euclidean distances
# are ranked by their squares.
metric_pairs <- function(query, x, metric, precision, call) {
  if (is.function(metric)) {
    return(pairs_of_function(query, x, metric, precision, call))
  }
  if (metric %in% c("euclidean", "mahalanobis")) {
    return(pairs_of_squares(query, x, metric, precision, call))
  }
  pairs <- switch(metric,
    manhattan = manhattan_dist(query, x, precision),
    maximum = maximum_dist(query, x, precision),
    cosine = cosine_dist(query, x, precision),
    haversine = haversine(query, x, precision = precision),
    hamming = hamming_dist(query, x, precision),
    gower = gower(query, x, ranges = gower_ranges(x), precision = precision)
  )
  list(pairs = pairs, distance = identity, entry = identity)
}

# A power of two as unit, which rounds nothing, keeps the squares of very large
# and very small numbers: the largest is then as large as squares allow, so that
# those of others do not vanish beside it.
pairs_of_squares <- function(query, x, metric, precision, call) {
  is_self <- identical(query, x)
  if (metric == "mahalanobis") {
    origin <- colMeans(x)
    root <- inverse_root(covariance_of(x, call), ncol(x), call)
    x <- sweep_columns(x, origin, `-`) %*% root
    if (!is_self) query <- sweep_columns(query, origin, `-`) %*% root
  }
  largest <- max(abs(x), abs(query), 0)
  unit <- if (largest > 1e100 || (largest > 0 && largest < 1e-100)) {
    2^max(floor(log2(largest)) - 480, -1022)
  } else {
    1
  }
  if (unit != 1) {
    x <- x / unit
    query <- query / unit
  }
  if (is_self) query <- x
  list(
    pairs = sqdist(
      Vi(query, precision = precision), Vj(x, precision = precision)
    ),
    distance = function(squares) sqrt(squares) * unit,
    entry = function(distance) (distance / unit)^2
  )
}

pairs_of_function <- function(query, x, metric, precision, call) {
  pairs <- metric(
    Vi(query, precision = precision), Vj(x, precision = precision)
  )
  is_distance <- is.LazyTensor(pairs) && !is_complex_tensor(pairs) &&
    identical(as.double(dim(pairs)), as.double(c(nrow(query), nrow(x))))
  if (!is_distance) {
    abort_rkeops(
      "argument", sprintf(
        "`metric` must return a LazyTensor of %d x %d numbers.", nrow(query),
        nrow(x)
      ),
      hints = "Such as `function(x, y) sum(abs(x - y))`.", call = call
    )
  }
  list(pairs = lazy_precision(pairs, precision), distance = identity,
       entry = identity)
}

# Those of the points that are searched alone, so that neighbours of a query do
# not depend on the other ones.
gower_ranges <- function(x) {
  vapply(x, function(column) {
    if (is_text(column) && !is.ordered(column)) {
      return(1)
    }
    numbers <- gower_numbers(column, levels(column), "x", NULL)
    diff(range_of(numbers))
  }, numeric(1), USE.NAMES = FALSE)
}
