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
#' @param nperm The number of permutations. They come from R's random numbers,
#'   see [set.seed()].
#' @param unbiased Whether the statistic leaves out the pairs of a point and
#'   itself, so that its expectation is 0 for equal distributions.
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
#'   `parameter` (bandwidth and number of permutations) and the statistics of
#'   the `permutations`.
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
                             unbiased = TRUE, precision = "float64", ...) {
  call <- rlang::current_env()
  check_no_more(list(...), call)
  names <- paste(deparse1(substitute(x)), "and", deparse1(substitute(y)))
  samples <- read_samples(x, y, call)
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
    "Maximum mean discrepancy test of equal distributions (permutations)"
  )
}

#' @rdname mmd_test
#' @export
mmd_test.formula <- function(formula, data = NULL,
                             na.action = stats::na.omit, ...) { # nolint
  test_of_formula(
    mmd_test.default, formula, data, na.action, rlang::current_env(), ...
  )
}

#' @rdname mmd_test
#' @export
energy_test <- function(x, ...) UseMethod("energy_test")

#' @rdname mmd_test
#' @export
energy_test.default <- function(x, y, nperm = 999, precision = "float64",
                                ...) {
  call <- rlang::current_env()
  check_no_more(list(...), call)
  names <- paste(deparse1(substitute(x)), "and", deparse1(substitute(y)))
  samples <- read_samples(x, y, call)
  check_count(nperm, "nperm", call)
  precision <- read_precision(precision, "precision", call)
  z_i <- Vi(samples$points, precision = precision)
  z_j <- Vj(samples$points, precision = precision)
  counts <- samples$counts
  statistics <- permuted_statistics(
    -norm2(z_i - z_j), samples, nperm, FALSE
  ) * counts[[1L]] / (sum(counts) / counts[[2L]])
  permutation_test(
    statistics, c("E" = statistics[[1L]]), NULL, names,
    "Energy test of equal distributions (permutations)"
  )
}

#' @rdname mmd_test
#' @export
energy_test.formula <- function(formula, data = NULL,
                                na.action = stats::na.omit, ...) { # nolint
  test_of_formula(
    energy_test.default, formula, data, na.action, rlang::current_env(), ...
  )
}

# ---- samples ----

# `test` of the two groups of a formula.
test_of_formula <- function(test, formula, data, na_action, call, ...) {
  groups <- samples_of_formula(formula, data, na_action, call)
  result <- test(groups$x, groups$y, ...)
  result$data.name <- groups$name # nolint
  result
}

# Both samples below each other, near 0: what is made of them goes by
# differences or is left to the kernel.
read_samples <- function(x, y, call) {
  parts <- list(
    x = complete_points(x, "x", call), y = complete_points(y, "y", call)
  )
  check_columns_agree(parts$x, parts$y, call)
  for (name in names(parts)) at_least_rows(parts[[name]], 2L, name, call)
  list(
    points = rbind(unname(parts$x), unname(parts$y)),
    counts = c(nrow(parts$x), nrow(parts$y))
  )
}

complete_points <- function(x, name, call) {
  points <- read_points(x, name, call, missing_ok = TRUE)
  points[stats::complete.cases(points), , drop = FALSE]
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

samples_of_formula <- function(formula, data, na_action, call) {
  if (length(formula) != 3L) {
    abort_argument("formula", "a formula `value ~ group`", formula, call)
  }
  frame <- stats::model.frame(formula, data, na.action = na_action)
  groups <- factor(frame[[2L]])
  if (length(frame) != 2L || nlevels(groups) != 2L) {
    abort_rkeops(
      "argument", sprintf(
        "The right side of the formula must be one variable of two groups%s.",
        if (length(frame) == 2L) {
          sprintf(", not %d", nlevels(groups))
        } else {
          ""
        }
      ), call = call
    )
  }
  values <- as.matrix(frame[[1L]])
  of_group <- function(k) values[groups == levels(groups)[[k]], , drop = FALSE]
  list(
    x = of_group(1L), y = of_group(2L),
    name = paste(names(frame), collapse = " by ")
  )
}

# ---- permutations ----

# The statistics of the samples as they are, and of permutations: quadratic
# forms of 0 and 1, which say what is in the first sample, with the matrix of
# pairs. Blocks of columns limit the memory.
permuted_statistics <- function(similarity, samples, nperm, unbiased) {
  counts <- samples$counts
  size <- sum(counts)
  diagonal <- if (unbiased) 0 else diagonal_of(similarity, size)
  others <- off_diagonal(similarity, 0)
  sums <- rowSums(others)
  first <- seq_len(counts[[1L]])
  block <- max(16L, as.integer(2e7 / size))
  starts <- seq(0L, nperm, by = block)
  unlist(lapply(starts, function(start) {
    columns <- min(block, nperm + 1L - start)
    chosen <- matrix(0, size, columns)
    for (k in seq_len(columns)) {
      here <- if (start + k == 1L) first else sample.int(size, counts[[1L]])
      chosen[here, k] <- 1
    }
    pair_means(others, chosen, sums, diagonal, counts, unbiased)
  }))
}

# Diagonals are constant for distances and for most kernels, but not for all.
diagonal_of <- function(similarity, size) {
  rows <- seq_len(size)
  as.vector(similarity[cbind(rows, rows)])
}

pair_means <- function(others, chosen, sums, diagonal, counts, unbiased) {
  within <- colSums(chosen * on_host(others %*% chosen))
  between <- colSums(chosen * sums) - within
  rest <- sum(sums) - within - 2 * between
  on_diagonal <- colSums(chosen * diagonal)
  pairs <- counts * (counts - unbiased)
  (within + on_diagonal) / pairs[[1L]] +
    (rest + sum(rep_len(diagonal, nrow(chosen))) - on_diagonal) / pairs[[2L]] -
    2 * between / prod(counts)
}

# As large or larger, up to rounding: permutations that are the same split give
# the same value.
permutation_test <- function(statistics, statistic, bandwidth, names, method) {
  permuted <- statistics[-1L]
  slack <- 1e-10 * max(abs(statistics))
  structure(list(
    statistic = statistic,
    parameter = c(
      if (length(bandwidth) == 1L) c(bandwidth = bandwidth),
      permutations = length(permuted)
    ),
    p.value = (1 + sum(permuted >= statistics[[1L]] - slack)) /
      (1 + length(permuted)),
    alternative = "the distributions differ", method = method,
    data.name = names, bandwidth = bandwidth, permutations = permuted
  ), class = "htest")
}
