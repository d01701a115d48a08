# The cost of a sum over all pairs, before it is computed.

cost_of_sum <- function(x, call) {
  sizes <- as.double(c(index_size(x, "i"), index_size(x, "j")))
  if (length(sizes) != 2L || anyNA(sizes) || any(sizes < 1)) {
    abort_rkeops(
      "argument", "Without rows or columns there is nothing to compute.",
      call = call
    )
  }
  rate <- measured_rate(x, sizes)
  pairs <- prod(sizes)
  inputs <- sum(vapply(x@data, function(one) 8 * length(one), 0))
  c(
    sprintf(
      "%s x %s = %s pairs, %s, on the %s", format_count(sizes[[1L]]),
      format_count(sizes[[2L]]), format(pairs, digits = 2L), precision_of(x),
      engine_place()
    ),
    sprintf(
      "time of a sum over j: about %s (%s pairs a second, measured on %s)",
      format_seconds(rate$seconds * pairs / rate$pairs),
      format(rate$pairs / rate$seconds, digits = 2L),
      paste(format(rate$pairs, digits = 2L), "of them")
    ),
    sprintf(
      "memory: inputs %s, result %s; the matrix of all pairs, not stored, %s",
      format_bytes(inputs), format_bytes(8 * sizes[[1L]]),
      format_bytes(8 * pairs)
    ),
    "Pairs that are left out (the option `pruning`) make it shorter."
  )
}

# The time of a part of at most 10^7 pairs, of rows and columns evenly spread.
# The first call may compile, so it does not count.
measured_rate <- function(x, sizes) {
  rows <- spread_places(sizes[[1L]], 2000)
  columns <- spread_places(sizes[[2L]], 1e7 / length(rows))
  shift <- settings$index_base - 1L
  some <- x[rows + shift, columns + shift]
  run <- function() {
    system.time(on_host(reduce_tensor(some, "Sum", "j")))[["elapsed"]]
  }
  run()
  list(
    pairs = as.double(length(rows)) * length(columns),
    seconds = max(min(run(), run()), 1e-4)
  )
}

spread_places <- function(size, count) {
  unique(round(seq(1, size, length.out = min(size, floor(count)))))
}

format_seconds <- function(seconds) {
  units <- c(
    days = 86400, hours = 3600, minutes = 60, seconds = 1, milliseconds = 1e-3
  )
  unit <- base::which(seconds >= units)
  unit <- if (length(unit)) unit[[1L]] else length(units)
  paste(signif(seconds / units[[unit]], 2L), names(units)[[unit]])
}
