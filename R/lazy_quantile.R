# Order statistics of entries that are not stored: passes that count how many
# entries are at most a number narrow down where the wanted one is; the last few
# are taken as they are.

#' Quantiles of the entries of a lazy tensor
#'
#' These are exact, and store no entries: ten or twenty passes over all pairs
#' count how many entries are at most a number, until a few are left among which
#' the wanted one is. They are computed in double precision, whatever that of
#' the tensor: near the wanted entry, counts depend on the last digits.
#'
#' @param x A lazy tensor of inner dimension 1.
#' @param probs The probabilities, from 0 to 1.
#' @param na.rm Whether `NA` and `NaN` are left out. Otherwise `quantile()`
#'   refuses them and the median is `NA`, as in R.
#' @param names Whether the quantiles have names such as `"25%"`.
#' @param type How quantiles between two entries are computed, 1 to 9; see
#'   [stats::quantile()].
#' @param index The index over which to go: with `"j"` the result has a row for
#'   each i, with `"i"` one for each j. `NA`: all entries together.
#' @param ... Not used.
#' @return Without `index` the values that R gives for the vector of all
#'   entries. With it a matrix, with a column for each of `probs`; one for the
#'   median.
#' @seealso [hist.LazyTensor()]; [pairs_within()] for the entries below a
#'   quantile.
#' @importFrom stats quantile median
#' @export
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' x <- matrix(runif(200), 100)
#' D <- sqrt(sqdist(Vi(x), Vj(x)))
#' quantile(D)
#' # a bandwidth: the median distance of different points
#' median(off_diagonal(D, NaN), na.rm = TRUE)
#' # one for each point
#' head(quantile(D, c(0.05, 0.1), index = "j"))
#' \dontshow{set_rkeops_options(previous)}
quantile.LazyTensor <- function(x, probs = seq(0, 1, 0.25), # nolint
                                na.rm = FALSE, names = TRUE, # nolint
                                type = 7, index = NA, ...) {
  call <- sys.call()
  check_no_more(list(...), call)
  check_entries(x, "x", "quantile", call)
  check_probabilities(probs, call)
  remove_na <- check_flag(na.rm, "na.rm", call)
  names <- check_flag(names, "names", call)
  if (!is.int(type) || type < 1 || type > 9) {
    abort_argument("type", "one whole number from 1 to 9", type, call)
  }
  entries <- entries_of(x, index, call)
  if (any(entries$missing > 0) && !remove_na) {
    abort_rkeops(
      "argument", sprintf(
        "`x` has %s missing entries.", format_count(sum(entries$missing))
      ), hints = "`na.rm = TRUE` leaves them out.", call = call
    )
  }
  value <- quantiles_of(entries, pmin(pmax(probs, 0), 1), type)
  shaped_quantiles(value, x, index, if (names) percentages(probs))
}

#' @rdname quantile.LazyTensor
#' @export
median.LazyTensor <- function(x, na.rm = FALSE, index = NA, ...) { # nolint
  call <- sys.call()
  check_no_more(list(...), call)
  check_entries(x, "x", "median", call)
  remove_na <- check_flag(na.rm, "na.rm", call)
  entries <- entries_of(x, index, call)
  value <- quantiles_of(entries, 0.5, 7)
  if (!remove_na) value[entries$missing > 0, ] <- NA
  shaped_quantiles(value, x, index, NULL)
}

check_probabilities <- function(probs, call) {
  slack <- 100 * .Machine$double.eps
  valid <- (is.numeric(probs) || all(is.na(probs))) &&
    all(probs >= -slack & probs <= 1 + slack, na.rm = TRUE)
  if (!valid) {
    abort_argument("probs", "numbers from 0 to 1", probs, call)
  }
}

# As R writes them.
percentages <- function(probs) names(stats::quantile(0, probs))

shaped_quantiles <- function(value, x, index, names) {
  if (!is_given(index)) {
    return(stats::setNames(value[1L, ], names))
  }
  rows <- point_names(x, if (index == "j") "i" else "j")
  dimnames(value) <- if (!is.null(rows) || !is.null(names)) list(rows, names)
  value
}

# ---- entries, known by what passes over them tell ----

# The groups are what remains of the index: the rows of all matrices below. One
# group of all entries without an index.
entries_of <- function(x, index, call) {
  refuse_ranges(x, call)
  x@precision <- "float64"
  if (is_given(index)) read_index(index, call)
  extents <- c(i = index_size(x, "i"), j = index_size(x, "j"))
  reduced <- if (is_given(index)) index else names(which.max(extents))
  reduce <- function(tensor, name, integers = integer()) {
    on_host(reduce_tensor(tensor, name, reduced, integers, call = call))
  }
  together <- !is_given(index)
  beside <- function(t) {
    tensor <- if (together) Pm(c(t)) else if (index == "j") Vi(t) else Vj(t)
    tensor@precision <- x@precision
    tensor
  }
  total <- function(counts) if (together) t(colSums(counts)) else counts
  missing <- total(reduce(is.na(x), "Sum"))[, 1L]
  if (any(missing > 0)) x <- ifelse(is.na(x), Inf, x)
  size <- if (together) prod(extents) else extents[[index]]
  list(
    missing = missing, sizes = size - missing,
    # how many are at most t, a matrix
    count = function(t) total(reduce(x <= beside(t), "Sum")),
    extreme = function(name) {
      value <- reduce(x, name)[, 1L]
      if (together) c(Min = min, Max = max)[[name]](value) else value
    },
    # the smallest that are greater than t, in ascending order
    after = function(t, count) {
      larger <- ifelse(x > beside(matrix(t)), x, Inf)
      value <- reduce(larger, "KMin", count)
      value <- matrix(value, nrow(value))
      if (!together) value else t(c(sort(value), rep(Inf, count))[1:count])
    }
  )
}

# ---- quantiles ----

# One row a group, one column a probability. NA where there is no entry.
quantiles_of <- function(entries, probs, type) {
  sizes <- entries$sizes
  value <- matrix(NA_real_, length(sizes), length(probs))
  wanted <- outer(sizes > 0, !is.na(probs), "&")
  if (!any(wanted)) {
    return(value)
  }
  at <- quantile_places(sizes, probs, type)
  last <- sizes[row(value)]
  lower <- pmin(pmax(at$place, 1), last)
  lower[!wanted] <- NA
  found <- ranked_entries(entries, matrix(lower, nrow(value)))
  has_next <- at$place >= 1 & at$place < last
  upper <- base::ifelse(has_next, found$following, found$value)
  between <- at$share > 0 & at$share < 1 & found$value != upper
  value[] <- base::ifelse(at$share == 1, upper, found$value)
  mixed <- which(between)
  share <- at$share[mixed]
  value[mixed] <- (1 - share) * found$value[mixed] + share * upper[mixed]
  value
}

# Between which places, and how far from the lower one: stats::quantile().
quantile_places <- function(sizes, probs, type) {
  n <- matrix(sizes, length(sizes), length(probs))
  p <- matrix(probs, length(sizes), length(probs), byrow = TRUE)
  slack <- 4 * .Machine$double.eps
  if (type <= 3) {
    exact <- if (type == 3) n * p - 0.5 else n * p
    place <- floor(exact)
    share <- switch(EXPR = type,
      exact > place, ((exact > place) + 1) / 2,
      exact != place | place %% 2 == 1
    )
    return(list(place = place, share = share + 0))
  }
  a <- c(0, 0.5, 0, 1, 1 / 3, 3 / 8)[[type - 3]]
  b <- c(1, 0.5, 0, 1, 1 / 3, 3 / 8)[[type - 3]]
  exact <- a + p * (n + 1 - a - b)
  place <- floor(exact + slack)
  share <- exact - place
  share[abs(share) < slack] <- 0
  list(place = place, share = share)
}

# ---- the search ----

thresholds_at_once <- 5L
columns_at_once <- 4L
entries_at_once <- 16L

# The entries of these ranks, a matrix of one row a group, and those that follow
# them.
ranked_entries <- function(entries, ranks) {
  first <- entries$extreme("Min")
  ends <- list(
    first = first, upto_first = entries$count(matrix(first))[, 1L],
    last = entries$extreme("Max")
  )
  result <- list(value = ranks, following = ranks)
  distinct <- !duplicated(t(ranks))
  columns <- which(distinct)
  for (some in split(columns, (seq_along(columns) - 1L) %/% columns_at_once)) {
    found <- search_ranks(entries, ranks[, some, drop = FALSE], ends)
    result$value[, some] <- found$value
    result$following[, some] <- found$following
  }
  source <- match(columns_as_text(ranks), columns_as_text(ranks))
  lapply(result, function(one) one[, source, drop = FALSE])
}

columns_as_text <- function(x) apply(x, 2L, paste, collapse = " ")

# The bounds known of each rank: the entry is greater than `low`, which so many
# entries (`upto_low`) are not, and at most `high`; or `value`, up to which so
# many are (`upto`).
search_ranks <- function(entries, rank, ends) {
  state <- list(
    rank = rank, low = rank, upto_low = rank, high = rank, value = rank,
    upto = rank
  )
  state$low[] <- ends$first
  state$high[] <- ends$last
  state$upto_low[] <- ends$upto_first
  state$upto[] <- NA
  state$value[] <- NA
  state <- note_values(state, state$low, state$upto_low)
  passes <- 0L
  while (!is_near(state)) {
    passes <- passes + 1L
    if (passes > 3L) state <- step_to_next(entries, state)
    state <- narrow_down(entries, state, by_value = passes %% 2L == 1L)
    if (passes > 64L) {
      abort_rkeops("internal", "The counts of entries are not monotone.")
    }
  }
  take_values(entries, state)
}

is_open <- function(state) is.na(state$value) & !is.na(state$rank)

is_near <- function(state) {
  all((state$rank - state$upto_low)[is_open(state)] <= entries_at_once)
}

# `value` is an entry, up to which there are `upto` entries.
note_values <- function(state, value, upto) {
  found <- which(is_open(state) & upto >= state$rank)
  state$value[found] <- value[found]
  state$upto[found] <- upto[found]
  state
}

# Counts at numbers between what is known: at equal distances, which suits
# entries of about the same size, and of all magnitudes, which always comes to
# an end.
narrow_down <- function(entries, state, by_value) {
  low <- state$low
  between <- check_native(r_thresholds(low, state$high, thresholds_at_once))
  if (by_value) {
    steps <- seq_len(thresholds_at_once) / (thresholds_at_once + 1)
    even <- c(low) + outer(c(state$high - low), steps)
    between <- base::ifelse(is.finite(even), even, between)
  }
  counts <- entries$count(matrix(between, nrow(low)))
  counts <- matrix(counts, length(low))
  for (k in seq_len(thresholds_at_once)) {
    state <- note_count(state, between[, k], counts[, k])
  }
  state
}

note_count <- function(state, t, count) {
  above <- which(count < state$rank & t > state$low)
  state$low[above] <- t[above]
  state$upto_low[above] <- count[above]
  below <- which(count >= state$rank & t < state$high)
  state$high[below] <- t[below]
  state
}

# The next entry itself, so that many equal ones are one step.
step_to_next <- function(entries, state) {
  value <- state$low
  for (k in seq_len(ncol(value))) {
    value[, k] <- entries$after(state$low[, k], 1L)
  }
  counts <- entries$count(value)
  state <- note_values(state, value, counts)
  note_count(state, value, counts)
}

# The entries among the last few, and those that follow.
take_values <- function(entries, state) {
  value <- following <- state$value
  for (k in seq_len(ncol(value))) {
    open <- which(is_open(state)[, k])
    if (length(open)) {
      few <- entries$after(state$low[, k], entries_at_once + 1L)
      place <- state$rank[open, k] - state$upto_low[open, k]
      value[open, k] <- few[cbind(open, place)]
      following[open, k] <- few[cbind(open, place + 1)]
    }
    ends <- which(state$upto[, k] == state$rank[, k])
    if (length(ends)) {
      following[ends, k] <- entries$after(state$value[, k], 1L)[ends]
    }
  }
  list(value = value, following = following)
}
