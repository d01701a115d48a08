# The interval rules of the table of operations: no value that a program
# computes is outside the interval of its box.

# Numbers that single precision has, so that a box holds what a program reads.
exact <- function(x) round(x * 2^12) / 2^12

# A box around random points of the domain, from points to wide, and points in
# it: `rows` of what has index i, as many of what has index j.
random_box <- function(domain, rows = 12) {
  width <- 10^stats::runif(1, -5, 0.3)
  centre <- row_data(domain, 1, 1)
  index <- sub(".*(Vi|Vj|Pm).*", "\\1", row_args)
  lower <- lapply(centre, function(x) {
    spread <- if (is_wide_enough(domain)) diff(domain) / 4 else 0
    exact(c(x) + stats::runif(length(x), -spread, spread) - width / 2)
  })
  upper <- lapply(lower, function(x) exact(x + width))
  data <- Map(function(lo, hi, index) {
    n <- if (index == "Pm") 1 else rows
    inside <- exact(rep(lo, each = n) + stats::runif(n * length(lo)) *
                      rep(hi - lo, each = n))
    x <- matrix(pmin(pmax(inside, rep(lo, each = n)), rep(hi, each = n)), n)
    # the corners, where values are extreme
    if (n > 1) x[1:2, ] <- rbind(lo, hi)
    x
  }, lower, upper, index)
  list(lower = lower, upper = upper, data = data)
}

is_wide_enough <- function(domain) all(is.finite(domain))

intervals_of <- function(op, box) {
  lists <- lapply(box[c("lower", "upper")], unname)
  value <- r_value_intervals(operator_state(op)$pointer, lists[[1]], lists[[2]])
  if (inherits(value, "rkeops_failure")) stop(value$message)
  value
}

extreme <- function(formula, reduction) {
  sub("^Sum_Reduction", paste0(reduction, "_Reduction"), formula)
}

has_rule <- function(call) {
  op <- keops_kernel(extreme(as_sum(call), "Min"), row_args)
  zeros <- lapply(row_data(c(-1, 1), 1, 1), c)
  !is.null(intervals_of(op, list(lower = zeros, upper = zeros)))
}

# How wide intervals are, in widths of the values that were found.
loose <- function(batch, interval, lo, hi) {
  times <- (interval[, 2] - interval[, 1]) / (hi - lo)
  data.frame(
    name = names(batch$calls),
    known = vapply(batch$blocks, function(b) mean(!is.nan(interval[b, 1])), 0),
    times = vapply(batch$blocks, function(b) stats::median(times[b]), 0)
  )
}

# Compiling all operations in both precisions takes a minute.
ways_for_intervals <- function() {
  Filter(function(way) {
    way$engine == "interpreted" || (way$engine == "compiled" && is_exhaustive())
  }, ways(exhaustive = TRUE))
}

# Which calls of a batch have a component that is outside, and how loose
# intervals are.
check_box <- function(batch, least, most, box) {
  interval <- intervals_of(least, box)
  lo <- apply(least(box$data), 2, min)
  hi <- apply(most(box$data), 2, max)
  outside <- !is.nan(interval[, 1]) &
    !(lo >= interval[, 1] & hi <= interval[, 2])
  bad <- vapply(batch$blocks, function(block) any(outside[block]), NA)
  list(bad = names(batch$calls)[bad], looseness = loose(batch, interval, lo, hi))
}

check_batch <- function(batch, way, boxes) {
  local_way(way)
  least <- row_operator(extreme(batch$formula, "Min"), way)
  most <- row_operator(extreme(batch$formula, "Max"), way)
  checks <- lapply(seq_len(boxes), function(k) {
    box <- random_box(domain_of(names(batch$calls)[1]))
    check_box(batch, least, most, box)
  })
  bad <- unique(as.character(unlist(lapply(checks, `[[`, "bad"))))
  expect_identical(bad, character(), info = label_of("intervals", way))
  do.call(rbind, lapply(checks, `[[`, "looseness"))
}

# Rows that have no rule, and those made of them.
without_rule <- c(
  "Atan2", "Tan", "Lgamma", "Digamma", "Polygamma", "SphericalBessel",
  "SinXDivX", "Round"
)

test_that("operations have rules, but for some", {
  calls <- row_examples()
  lacking <- names(calls)[!vapply(calls, has_rule, NA)]
  expect_true(all(without_rule %in% lacking))
  elementary <- c(
    "Add", "Subtract", "Mult", "Divide", "Square", "Pow", "Sqrt", "Exp", "Log",
    "Abs", "Minimum", "IfElse", "LessThan", "Sum", "SqDist", "Norm2",
    "Scalprod", "Haversine", "MatVecMult", "WeightedSqDist"
  )
  expect_identical(intersect(elementary, lacking), character())
})

test_that("no value is outside its interval", {
  skip_on_cran()
  withr::local_seed(5)
  boxes <- if (is_exhaustive()) 2000 else 60
  checked <- lapply(row_batches(Filter(has_rule, row_examples())), function(batch) {
    do.call(rbind, lapply(ways_for_intervals(), function(way) {
      check_batch(batch, way, boxes)
    }))
  })
  checked <- do.call(rbind, checked)
  known <- tapply(checked$known, checked$name, mean)
  expect_identical(names(known)[known < 0.2], character())
  times <- tapply(checked$times, checked$name, stats::median, na.rm = TRUE)
  if (is_exhaustive()) print(round(times, 3))
})
