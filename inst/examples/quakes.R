# Magnitudes of earthquakes near Fiji (the data set `quakes` of R), smoothed in
# space: at each place the average of the magnitudes around it, with Gaussian
# weights (the estimator of Nadaraya and Watson). First for the 1,000 events of
# the data set, then for 100,000 points drawn around them, whose matrix of
# weights would take 80 GB.
#
#   Rscript -e 'source(system.file("examples", "quakes.R", package = "rkeops"))'

library(rkeops)

# Places in kilometres: east, north, down.
kilometres <- function(events) {
  cbind(
    111.2 * cospi(mean(events$lat) / 180) * (events$long - mean(events$long)),
    111.2 * (events$lat - mean(events$lat)),
    events$depth
  )
}

# sum of weight * magnitude, and sum of the weights
sums <- keops_kernel(
  "Sum_Reduction(Exp(-s * SqDist(x, y)) * b, 0)",
  c("x = Vi(3)", "y = Vj(3)", "b = Vj(2)", "s = Pm(1)")
)

smooth <- function(x, y, magnitude, bandwidth) {
  both <- sums(x, y, cbind(magnitude, 1), 1 / (2 * bandwidth^2))
  both[, 1] / both[, 2]
}

# The same in plain R: a block of the matrix of weights at a time, small enough
# for the memory near the processor.
smooth_in_plain_r <- function(x, y, magnitude, bandwidth, block = 250) {
  rows <- seq_len(nrow(x))
  unlist(lapply(split(rows, (rows - 1) %/% block), function(i) {
    distances <- outer(x[i, 1], y[, 1], "-")^2 +
      outer(x[i, 2], y[, 2], "-")^2 + outer(x[i, 3], y[, 3], "-")^2
    weights <- exp(-distances / (2 * bandwidth^2))
    c(weights %*% magnitude) / rowSums(weights)
  }), use.names = FALSE)
}

seconds <- function(expression) {
  system.time(expression)[["elapsed"]]
}

say <- function(...) {
  cat(sprintf(...), "\n", sep = "")
}

invisible(tryCatch(use_gpu(), rkeops_error_gpu = identity))
where <- if (get_rkeops_option("engine") == "cuda") {
  "the GPU"
} else {
  sprintf("the CPU (%d threads)", get_threads())
}
say("Operators run on %s.", where)

# 1,000 events
bandwidth <- 100
x <- kilometres(quakes)
first <- seconds(smooth(x, x, quakes$mag, bandwidth))
again <- seconds(smoothed <- smooth(x, x, quakes$mag, bandwidth))
plain <- seconds(expected <- smooth_in_plain_r(x, x, quakes$mag, bandwidth))
say("\n%d earthquakes, smoothed over %d km:", nrow(x), bandwidth)
say("  magnitudes  %.2f to %.2f, smoothed %.2f to %.2f", min(quakes$mag),
    max(quakes$mag), min(smoothed), max(smoothed))
say("  rkeops      %.4f s (first call, with the compilation: %.2f s)", again,
    first)
say("  plain R     %.4f s", plain)
say("  greatest difference %.1e", max(abs(smoothed - expected)))
stopifnot(max(abs(smoothed - expected)) < 1e-4)

# 100,000 points around them
set.seed(1)
n <- 1e5
event <- sample(nrow(x), n, replace = TRUE)
z <- x[event, ] + matrix(rnorm(3 * n, sd = 20), ncol = 3)
magnitude <- quakes$mag[event]
bandwidth <- 30
time <- seconds(smoothed <- smooth(z, z, magnitude, bandwidth))
few <- seq_len(300)
plain <- seconds(
  expected <- smooth_in_plain_r(z[few, ], z, magnitude, bandwidth, block = 5)
)
difference <- max(abs(smoothed[few] - expected))
say("\n%.0f points around them, smoothed over %d km:", n, bandwidth)
say("  smoothed    %.2f to %.2f", min(smoothed), max(smoothed))
say("  rkeops      %.2f s for all the points", time)
say("  plain R     %.2f s for %d of them, so about %.0f s for all", plain,
    length(few), plain * n / length(few))
say("  greatest difference on these %.1e", difference)
stopifnot(difference < 1e-4)
