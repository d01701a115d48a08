# W4 of the CPU: the exact 10 nearest neighbours of many points, D = 3 and 100,
# beside FNN and RANN.
#   Rscript benchmarks/cpu-neighbours.R [largest N, 1e4] [repetitions, 5]
#     [queries, 10000]

source(file.path("benchmarks", "cpu-frame.R"))
arguments <- command_arguments(1e4)
given <- as.numeric(commandArgs(trailingOnly = TRUE))
queries <- if (length(given) >= 3) given[3] else 10000
# Trees are slow where there are many dimensions.
largest_work_of_peers <- 1e10

peers <- function(data, dimension) {
  fnn <- function(algorithm) {
    contestant(function() {
      FNN::get.knnx(data$y, data$x, k = 10, algorithm = algorithm)$nn.index - 1
    })
  }
  all <- list("FNN, kd_tree" = fnn("kd_tree"), "FNN, brute" = fnn("brute"))
  if (dimension > 10) return(all["FNN, brute"])
  c(all, list(RANN = contestant(function() {
    RANN::nn2(data$y, data$x, k = 10)$nn.idx - 1
  })))
}

# Compares the distances to the points chosen with the 10 smallest: of points
# that are equally near in the precision used, any is right.
error_of <- function(data) {
  rows <- sampled_rows(nrow(data$x))
  function(result) {
    errors <- vapply(rows, function(i) {
      distances <- colSums((t(data$y) - data$x[i, ])^2)
      max(abs(distances[result[i, ] + 1] / sort(distances)[1:10] - 1))
    }, numeric(1))
    max(errors)
  }
}

show_header("10 nearest neighbours (W4)", arguments)
for (dimension in c(3, 100)) {
  for (n in 10^(4:floor(log10(arguments$largest)))) {
    set.seed(n)
    data <- list(
      x = matrix(runif(queries * dimension), queries),
      y = matrix(runif(n * dimension), n)
    )
    contestants <- our_contestants(
      "ArgKMin_Reduction(SqDist(x, y), 10, 0)",
      sprintf(c("x = Vi(%d)", "y = Vj(%d)"), dimension), data
    )
    if (queries * n * dimension <= largest_work_of_peers) {
      contestants <- c(contestants, peers(data, dimension))
    }
    times <- in_turns(contestants, arguments$repetitions)
    show_times(
      sprintf("W4 D = %d, N = %g", dimension, n), times, queries * n,
      error_of(data), c(1e-5, 1e-10)
    )
  }
}
