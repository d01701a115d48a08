# Histograms of entries that are not stored.

#' Histogram of the entries of a lazy tensor
#'
#' The entries are counted in the intervals between the breaks, in a few passes
#' over all pairs, in double precision; they are not stored.
#'
#' @param x A lazy tensor of inner dimension 1. Entries that are not finite are
#'   left out, as [graphics::hist()] does.
#' @param breaks The breaks as a vector, or how many there should be about, or
#'   the name of a rule, `"Sturges"`, `"Scott"` or `"FD"`.
#' @param include.lowest,right Which end of an interval belongs to it, see
#'   [graphics::hist()]: with `right = TRUE` the upper one.
#' @param plot Whether the histogram is drawn.
#' @param main,xlab Its title and the label of its axis.
#' @param ... Other arguments of the plot, such as `freq` or `col`.
#' @return An object of class `histogram`, which [plot()] draws: that which R
#'   gives for the vector of all entries. Invisibly where it is drawn.
#' @seealso [quantile.LazyTensor()]
#' @importFrom graphics hist
#' @export
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' x <- matrix(runif(200), 100)
#' D <- sqrt(sqdist(Vi(x), Vj(x)))
#' distances <- hist(D, plot = FALSE)
#' distances$counts
#' plot(distances)
#' \dontshow{set_rkeops_options(previous)}
hist.LazyTensor <- function(x, breaks = "Sturges", # nolint
                            include.lowest = TRUE, right = TRUE, # nolint
                            plot = TRUE,
                            main = paste("Histogram of", name), xlab = name,
                            ...) {
  call <- sys.call()
  name <- deparse1(substitute(x))
  check_entries(x, "x", "hist", call)
  check_flag(include.lowest, "include.lowest", call)
  check_flag(right, "right", call)
  check_flag(plot, "plot", call)
  entries <- finite_entries(x, call)
  if (entries$size == 0) {
    abort_rkeops("argument", "`x` has no finite entry.", call = call)
  }
  fixed <- is.numeric(breaks) && length(breaks) > 1L
  if (!fixed && !include.lowest) {
    rlang::warn("`include.lowest` has no effect: `breaks` is not a vector.")
    include.lowest <- TRUE # nolint
  }
  breaks <- if (fixed) {
    check_breaks(breaks, call)
  } else {
    chosen_breaks(breaks, entries, call)
  }
  result <- histogram_of(entries, breaks, include.lowest, right, name, fixed)
  if (!plot) {
    if (...length()) {
      rlang::warn("Arguments of the plot have no effect: `plot` is FALSE.")
    }
    return(result)
  }
  plot(result, main = main, xlab = xlab, ...)
  invisible(result)
}

# The range of what is finite, and how to reduce it; what is not counts as
# `otherwise`.
finite_entries <- function(x, call) {
  x@precision <- "float64"
  is_kept <- is.finite(x)
  refuse_ranges(x, call)
  reduced <- if (index_size(x, "i") > index_size(x, "j")) "i" else "j"
  reduce <- function(tensor, name) {
    on_host(reduce_tensor(tensor, name, reduced, call = call))
  }
  only_finite <- function(otherwise) ifelse(is_kept, x, otherwise)
  entries <- list(
    x = x, call = call, only_finite = only_finite,
    size = sum(reduce(is_kept, "Sum")),
    total = function(tensor) colSums(reduce(tensor, "Sum"))
  )
  if (entries$size > 0) {
    entries$range <- c(
      min(reduce(only_finite(Inf), "Min")),
      max(reduce(only_finite(-Inf), "Max"))
    )
  }
  entries
}

check_breaks <- function(breaks, call) {
  breaks <- sort(as.double(breaks), na.last = TRUE)
  if (anyNA(breaks) || any(diff(breaks) <= 0)) {
    abort_rkeops(
      "argument", "`breaks` must be different numbers, none of them missing.",
      call = call
    )
  }
  breaks
}

chosen_breaks <- function(breaks, entries, call) {
  count <- if (is.character(breaks)) {
    rule_of_breaks(breaks, entries, call)
  } else {
    breaks
  }
  if (!checkmate::test_number(count, lower = 1)) {
    abort_argument(
      "breaks", paste(
        "numbers, one number, or \"Sturges\", \"Scott\" or \"FD\"; a",
        "function of all entries cannot be used"
      ), breaks, call
    )
  }
  pretty(entries$range, n = min(count, 1e6), min.n = 1)
}

# As in package grDevices.
rule_of_breaks <- function(rule, entries, call) {
  rule <- check_choice(
    tolower(rule), c("sturges", "scott", "fd", "freedman-diaconis"), "breaks",
    call
  )
  if (rule == "sturges") {
    return(ceiling(log2(entries$size) + 1))
  }
  width <- if (rule == "scott") {
    scott_width(entries)
  } else {
    freedman_width(entries)
  }
  if (isTRUE(width > 0)) max(1, ceiling(diff(entries$range) / width)) else 1
}

scott_width <- function(entries) {
  centre <- entries$total(entries$only_finite(0)) / entries$size
  squares <- (entries$only_finite(centre) - centre)^2
  deviation <- sqrt(entries$total(squares) / max(entries$size - 1, 1))
  3.5 * deviation * entries$size^(-1 / 3)
}

# From the quartiles, or from quantiles further outside where these are equal.
freedman_width <- function(entries) {
  kept <- entries$only_finite(NaN)
  for (share in 1 / 2^(2:9)) {
    spread <- diff(quantile.LazyTensor(
      kept, c(share, 1 - share), na.rm = TRUE, names = FALSE
    ))
    width <- spread / (1 - 2 * share)
    if (width > 0) {
      return(width * entries$size^(-1 / 3))
    }
  }
  scott_width(entries)
}

thresholds_of_pass <- 32L

# How many finite entries are at most (or, without `right`, less than) each
# number.
count_below <- function(entries, breaks, right) {
  kept <- entries$only_finite(Inf)
  counts <- lapply(
    split(breaks, (seq_along(breaks) - 1L) %/% thresholds_of_pass),
    function(some) {
      t <- Pm(some)
      t@precision <- kept@precision
      entries$total(if (right) kept <= t else kept < t)
    }
  )
  unlist(counts, use.names = FALSE)
}

histogram_of <- function(entries, breaks, include_lowest, right, name, fixed) {
  widths <- diff(breaks)
  move <- rounding_of(widths, entries$range)
  at <- breaks + if (right) move else -move
  below <- count_below(entries, at, right)
  end <- if (right) 1L else length(breaks)
  if (include_lowest) {
    at <- breaks[[end]] + if (right) -move else move
    below[[end]] <- count_below(entries, at, !right)
  }
  counts <- diff(below)
  if (sum(counts) < entries$size) {
    abort_rkeops(
      "argument", sprintf(
        "`breaks` go from %s to %s, and the entries of `x` from %s to %s.",
        format(breaks[[1L]]), format(breaks[[length(breaks)]]),
        format(entries$range[[1L]]), format(entries$range[[2L]])
      ), call = entries$call
    )
  }
  is_integer <- all(counts <= .Machine$integer.max)
  structure(
    list(
      breaks = breaks, counts = if (is_integer) as.integer(counts) else counts,
      density = counts / (sum(counts) * widths),
      mids = (utils::head(breaks, -1L) + utils::tail(breaks, -1L)) / 2,
      xname = name,
      equidist = !fixed || diff(range(widths)) < 1e-7 * mean(widths)
    ),
    class = "histogram"
  )
}

# A little, so that entries that are equal to a break but for rounding errors
# are counted where they belong: as graphics::hist() does.
rounding_of <- function(widths, range) {
  width <- if (length(widths) > 4L) {
    stats::median(widths)
  } else if (length(widths) <= 2L) {
    diff(range)
  } else {
    min(widths)
  }
  1e-7 * width
}
