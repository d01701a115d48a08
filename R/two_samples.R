# Tests of two samples, and of independence, by permutations.

#' Two-sample tests by kernels and distances
#'
#' `mmd_test()` and `energy_test()` test whether two samples of points, of any
#' number of dimensions, come from the same distribution: by the maximum mean
#' discrepancy of a kernel, and by the energy distance. P-values are those of
#' random permutations of the points; all permutations are columns of one
#' product with the matrix of all pairs, which is not stored.
#'
#' @param x,y The two samples: numeric matrices or data frames with a row for
#'   each point, or vectors. Rows with missing values are left out.
#' @param formula A formula `value ~ group` with two groups; several columns are
#'   `cbind(a, b) ~ group`.
#' @param data A data frame.
#' @param kernel A function of two lazy tensors, such as [gaussian_kernel()] or
#'   `function(x, y) exp(-norm2(x - y))`.
#' @param bandwidth The bandwidth, if the kernel has one: numbers in the unit of
#'   the points, or `"median"`, the median of the positive distances of all
#'   points (of at most 1,000 of them, evenly spread over the rows).
#' @param weights Weights of the points, at least 0: a variable of `data`, or
#'   numbers, those of `x` before those of `y`. Means over pairs are weighted by
#'   products of weights; points keep theirs when they are permuted.
#' @param nperm The number of permutations. They come from R's random numbers,
#'   see [set.seed()].
#' @param unbiased Whether the statistic leaves out the pairs of a point and
#'   itself, so that its expectation is 0 for equal distributions.
#' @param subset An expression of variables of `data`: the rows that are used,
#'   for a formula.
#' @param na.action What is done about missing values, for a formula.
#' @param precision `"float64"`, or `"float32"`, which takes about half of the
#'   time; the statistic is a small difference of large means.
#' @param ... Other arguments of the methods.
#'
#' @details
#' With \eqn{k}{k} the kernel, or minus the Euclidean distance, the statistic is
#' made of means over pairs, within x, within y and between: \deqn{\overline{
#' k(x, x')} + \overline{k(y, y')} - 2 \, \overline{k(x, y)}.}{mean k(x, x') +
#' mean k(y, y') - 2 mean k(x, y).} For `mmd_test()` it is the squared maximum
#' mean discrepancy (Gretton et al. 2012), for `energy_test()` it is multiplied
#' by \eqn{n m / (n + m)}{n m / (n + m)}, as in the package energy (Szekely and
#' Rizzo 2004).
#'
#' The p-value is \eqn{(1 + b) / (1 + nperm)}{(1 + b) / (1 + nperm)}, where b is
#' the number of permutations with a statistic as large as that of the data or
#' larger (Phipson and Smyth 2010).
#'
#' @return An object of class `htest` with the `statistic`, the `p.value`, the
#'   `parameter` (a bandwidth of one number), and the statistics of the
#'   `permutations`.
#' @references
#' Gretton, A., Borgwardt, K. M., Rasch, M. J., Schoelkopf, B. and Smola, A.
#' (2012) A kernel two-sample test. *Journal of Machine Learning Research* 13,
#' 723-773.
#'
#' Szekely, G. J. and Rizzo, M. L. (2004) Testing for equal distributions in
#' high dimension. *InterStat* 5.
#'
#' Phipson, B. and Smyth, G. K. (2010) Permutation p-values should never be
#' zero. *Statistical Applications in Genetics and Molecular Biology* 9, 39.
#' @concept two-sample test
#' @concept maximum mean discrepancy
#' @concept energy distance
#' @concept permutation test
#' @seealso [hsic_test()] for independence, [sinkhorn()] for a distance of
#'   samples.
#' @export
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' x <- iris[iris$Species == "versicolor", 1:4]
#' y <- iris[iris$Species == "virginica", 1:4]
#' mmd_test(x, y, nperm = 199)
#' energy_test(x, y, nperm = 199)
#' # the waiting time after short and after long eruptions
#' energy_test(waiting ~ eruptions > 3, faithful, nperm = 199)
#' \dontshow{set_rkeops_options(previous)}
mmd_test <- function(x, ...) UseMethod("mmd_test")

#' @rdname mmd_test
#' @export
mmd_test.default <- function(x, y, kernel = gaussian_kernel,
                             bandwidth = "median", nperm = 999,
                             unbiased = TRUE, weights = NULL,
                             precision = "float64", ...) {
  call <- rlang::current_env()
  check_no_more(list(...), call)
  names <- paste(deparse1(substitute(x)), "and", deparse1(substitute(y)))
  samples <- read_samples(x, y, weights, call)
  check_kernel(kernel, call)
  check_flag(unbiased, "unbiased", call)
  check_count(nperm, "nperm", call)
  precision <- read_precision(precision, "precision", call)
  bandwidth <- read_bandwidth(bandwidth, samples$points, kernel, call)
  similarity <- kernel_matrix(
    kernel, bandwidth, samples$points, samples$points, precision, call
  )
  statistics <- permuted_statistics(similarity, samples, nperm, unbiased)
  permutation_test(
    statistics, c("MMD^2" = statistics[[1L]]), bandwidth, names,
    "Maximum mean discrepancy test of equal distributions"
  )
}

#' @rdname mmd_test
#' @export
mmd_test.formula <- function(formula, data = NULL, weights = NULL,
                             subset = NULL,
                             na.action = stats::na.omit, ...) { # nolint
  call <- rlang::current_env()
  weights <- value_in_data(
    substitute(weights), data, parent.frame(), "weights", call
  )
  rows <- value_in_data(
    substitute(subset), data, parent.frame(), "subset", call
  )
  groups <- samples_of_formula(
    formula, data, weights, rows, na.action, call
  )
  test_of_groups(mmd_test.default, groups, ...)
}

#' @rdname mmd_test
#' @export
energy_test <- function(x, ...) UseMethod("energy_test")

#' @rdname mmd_test
#' @export
energy_test.default <- function(x, y, nperm = 999, weights = NULL,
                                precision = "float64", ...) {
  call <- rlang::current_env()
  check_no_more(list(...), call)
  names <- paste(deparse1(substitute(x)), "and", deparse1(substitute(y)))
  samples <- read_samples(x, y, weights, call)
  check_count(nperm, "nperm", call)
  precision <- read_precision(precision, "precision", call)
  z_i <- Vi(samples$points, precision = precision)
  z_j <- Vj(samples$points, precision = precision)
  statistics <- permuted_statistics(
    -norm2(z_i - z_j), samples, nperm, FALSE, function(x, y) x / ((x + y) / y)
  )
  permutation_test(
    statistics, c("E" = statistics[[1L]]), NULL, names,
    "Energy test of equal distributions"
  )
}

#' @rdname mmd_test
#' @export
energy_test.formula <- function(formula, data = NULL, weights = NULL,
                                subset = NULL,
                                na.action = stats::na.omit, ...) { # nolint
  call <- rlang::current_env()
  weights <- value_in_data(
    substitute(weights), data, parent.frame(), "weights", call
  )
  rows <- value_in_data(
    substitute(subset), data, parent.frame(), "subset", call
  )
  groups <- samples_of_formula(
    formula, data, weights, rows, na.action, call
  )
  test_of_groups(energy_test.default, groups, ...)
}

# ---- samples ----

# `test` of the two groups of a formula.
test_of_groups <- function(test, groups, ...) {
  result <- test(groups$x, groups$y, weights = groups$weights, ...)
  result$data.name <- groups$name # nolint
  result
}

# Both samples below each other, near 0: what is made of them goes by
# differences or is left to the kernel.
read_samples <- function(x, y, weights, call) {
  parts <- list(
    x = read_points(x, "x", call, missing_ok = TRUE),
    y = read_points(y, "y", call, missing_ok = TRUE)
  )
  check_columns_agree(parts$x, parts$y, call)
  counts <- vapply(parts, nrow, 0L)
  check_weights(weights, sum(counts), call, missing_ok = FALSE)
  weights <- as.double(weights %||% rep(1, sum(counts)))
  points <- rbind(unname(parts$x), unname(parts$y))
  kept <- stats::complete.cases(points) & weights > 0
  first <- rep(c(TRUE, FALSE), counts)[kept]
  points <- points[kept, , drop = FALSE]
  at_least_rows(points[first, , drop = FALSE], 2L, "x", call)
  at_least_rows(points[!first, , drop = FALSE], 2L, "y", call)
  list(
    points = points, weights = weights[kept],
    counts = c(sum(first), sum(!first))
  )
}

check_columns_agree <- function(x, y, call) {
  if (ncol(x) != ncol(y)) {
    abort_rkeops(
      "shape", sprintf(
        "`x` and `y` must have the same columns: they have %d and %d.",
        ncol(x), ncol(y)
      ), call = call
    )
  }
}

samples_of_formula <- function(formula, data, weights, rows, na_action, call) {
  if (length(formula) != 3L) {
    abort_argument("formula", "a formula `value ~ group`", formula, call)
  }
  frame <- subset_frame(formula, data, rows, na_action, call, weights)
  weights <- stats::model.weights(frame)
  frame[["(weights)"]] <- NULL
  groups <- factor(frame[[2L]])
  if (length(frame) != 2L || nlevels(groups) != 2L) {
    abort_rkeops(
      "argument", sprintf(
        "The right side of the formula must be one variable of two groups%s.",
        if (length(frame) == 2L) sprintf(", not %d", nlevels(groups)) else ""
      ), call = call
    )
  }
  values <- as.matrix(frame[[1L]])
  of_group <- function(k) values[groups == levels(groups)[[k]], , drop = FALSE]
  list(
    x = of_group(1L), y = of_group(2L),
    weights = weights[order(as.integer(groups))],
    name = paste(names(frame), collapse = " by ")
  )
}

# ---- permutations ----

# The statistics of the samples as they are, and of permutations: quadratic
# forms of weights and 0, which say what is in the first sample, with the matrix
# of pairs. Blocks of columns limit the memory. `factor` is that of a statistic,
# of the sums of weights.
permuted_statistics <- function(similarity, samples, nperm, unbiased,
                                factor = function(x, y) 1) {
  count <- samples$counts[[1L]]
  weights <- samples$weights
  size <- length(weights)
  diagonal <- if (unbiased) 0 else diagonal_of(similarity, size)
  pairs <- list(
    similarity = off_diagonal(similarity, 0), weights = weights,
    diagonal = weights * diagonal, factor = factor
  )
  pairs$sums <- c(on_host(pairs$similarity %*% weights))
  block <- max(16L, as.integer(2e7 / size))
  starts <- seq(0L, nperm, by = block)
  show <- loop_progress("Permutations", nperm + 1L)
  unlist(lapply(starts, function(start) {
    show(start)
    columns <- min(block, nperm + 1L - start)
    chosen <- matrix(0, size, columns)
    for (k in seq_len(columns)) {
      here <- if (start + k == 1L) seq_len(count) else sample.int(size, count)
      chosen[here, k] <- weights[here]
    }
    pair_means(pairs, chosen, unbiased)
  }))
}

# Diagonals are constant for distances and for most kernels, but not for all.
diagonal_of <- function(similarity, size) {
  rows <- seq_len(size)
  as.vector(similarity[cbind(rows, rows)])
}

pair_means <- function(pairs, chosen, unbiased) {
  weights <- pairs$weights
  within <- colSums(chosen * on_host(pairs$similarity %*% chosen))
  between <- colSums(chosen * pairs$sums) - within
  rest <- sum(weights * pairs$sums) - within - 2 * between
  on_diagonal <- colSums(chosen * pairs$diagonal)
  # sums of weights of both samples, and of pairs within
  first <- colSums(chosen)
  second <- sum(weights) - first
  squares <- unbiased * colSums(chosen * weights)
  pairs_first <- first^2 - squares
  pairs_second <- second^2 - (unbiased * sum(weights^2) - squares)
  pairs$factor(first, second) * (
    (within + on_diagonal) / pairs_first +
      (rest + sum(weights * pairs$diagonal) - on_diagonal) / pairs_second -
      2 * between / (first * second)
  )
}

# As large or larger, up to rounding: permutations that are the same split give
# the same value.
permutation_test <- function(statistics, statistic, bandwidth, names, method) {
  permuted <- statistics[-1L]
  slack <- 1e-10 * max(abs(statistics))
  structure(list(
    statistic = statistic,
    parameter = if (length(bandwidth) == 1L) c(bandwidth = bandwidth),
    p.value = (1 + sum(permuted >= statistics[[1L]] - slack)) /
      (1 + length(permuted)),
    alternative = "the distributions differ",
    method = sprintf("%s (%d permutations)", method, length(permuted)),
    data.name = names, bandwidth = bandwidth, permutations = permuted
  ), class = "htest")
}
