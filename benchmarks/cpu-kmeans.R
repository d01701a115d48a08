# W3 of the CPU: 10 iterations of Lloyd's K-means, D = 10, K = floor(sqrt(N)),
# beside stats::kmeans.
#   Rscript benchmarks/cpu-kmeans.R [largest N, 1e5] [repetitions, 5]

source(file.path("benchmarks", "cpu-frame.R"))
arguments <- command_arguments(1e5)
largest_of_peers <- 1e5
iterations <- 10

ours <- function(x, centres, precision, compile) {
  op <- keops_kernel(
    "ArgMin_Reduction(SqDist(x, y), 0)", c("x = Vi(10)", "y = Vj(10)"),
    precision = precision
  )
  lloyd <- function() {
    for (iteration in seq_len(iterations)) {
      nearest <- c(op(list(x, centres))) + 1
      sums <- rowsum(x, nearest)
      members <- as.integer(rownames(sums))
      centres[members, ] <- sums / tabulate(nearest, nrow(centres))[members]
    }
    centres
  }
  contestant(lloyd, function() {
    set_rkeops_option("compile", compile)
    op(list(first_rows(x), first_rows(centres)))
  })
}

peers <- function(x, centres) {
  algorithm <- function(name) {
    contestant(function() {
      # "did not converge": ten iterations are what is asked for
      suppressWarnings(
        stats::kmeans(x, centres, iter.max = iterations, algorithm = name)
      )$centers
    })
  }
  list("kmeans, Lloyd" = algorithm("Lloyd"))
}

# The mean squared distance to the nearest centre, on some rows.
cost <- function(x, centres) {
  rows <- sampled_rows(nrow(x), 500)
  mean(vapply(rows, function(i) {
    min(colSums((t(centres) - x[i, ])^2))
  }, numeric(1)))
}

show_header("K-means (W3)", arguments)
for (n in 10^(4:floor(log10(arguments$largest)))) {
  set.seed(n)
  x <- matrix(runif(10 * n), n)
  centres <- x[seq_len(floor(sqrt(n))), ]
  contestants <- list(
    "compiled float32" = ours(x, centres, "float32", "always"),
    "compiled float64" = ours(x, centres, "float64", "always"),
    "interpreted float32" = ours(x, centres, "float32", "never"),
    "interpreted float64" = ours(x, centres, "float64", "never")
  )
  if (n <= largest_of_peers) contestants <- c(contestants, peers(x, centres))
  times <- in_turns(contestants, arguments$repetitions)
  exact <- cost(x, times$results[[2]])
  error <- function(found) abs(cost(x, found) / exact - 1)
  show_times(
    paste("W3 N =", n), times, iterations * n * nrow(centres), error,
    c(1e-2, 1e-2)
  )
}
