# Times of ranges and batches beside whole matrices, as ratios in one run:
#
#   Rscript benchmarks/ranges.R [threads]
#
# A rate is pairs a second. The best of a few runs counts.

library(rkeops)

arguments <- commandArgs(TRUE)
set_rkeops_option("threads", if (length(arguments)) as.integer(arguments) else 2)
set.seed(1)

seconds <- function(run, times = 3) {
  run()
  min(replicate(times, system.time(run())[["elapsed"]]))
}

args <- c("x = Vi(3)", "y = Vj(3)", "b = Vj(1)")
op <- keops_kernel("Sum_Reduction(Exp(-SqDist(x, y)) * b, 0)", args)
points <- function(n) matrix(runif(3 * n), n)

n <- 3162
x <- points(n)
b <- runif(n)
whole <- n^2 / seconds(function() op(x, x, b))

stacked <- points(1e5)
weights <- runif(1e5)
batches <- block_diagonal(rep(100, 1000))
of_batches <- 1e7 / seconds(function() {
  op(stacked, stacked, weights, ranges = batches)
})

rate_of_blocks <- function(size, width = 2000) {
  groups <- rep(size, 16000 / size)
  centre <- cumsum(groups) - size / 2
  near <- abs(outer(centre, centre, "-")) <= width / 2
  ranges <- from_matrix(near, groups)
  data <- points(16000)
  weight <- runif(16000)
  sum(near) * size^2 / seconds(function() op(data, data, weight, ranges = ranges))
}
sizes <- c(20, 50, 100, 400)
of_blocks <- vapply(sizes, rate_of_blocks, 1)

print(data.frame(
  what = c(
    "one of 3162 x 3162", "1000 batches of 100 x 100",
    sprintf("blocks of %d rows against 2000 columns", sizes)
  ),
  Gpairs = round(c(whole, of_batches, of_blocks) / 1e9, 2),
  ratio = round(c(whole, of_batches, of_blocks) / whole, 2)
))
