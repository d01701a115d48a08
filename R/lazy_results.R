# From the matrices of the native code to the results of reductions: complex
# numbers, places, the K smallest.

complex_result <- function(value) {
  if (settings$complex_results == "interleaved") {
    return(value)
  }
  odd <- 2L * seq_len(ncol(value) %/% 2L) - 1L
  parts <- matrix(
    complex(real = value[, odd], imaginary = value[, odd + 1L]), nrow(value)
  )
  rownames(parts) <- rownames(value)
  parts
}

# A result as its row of the table says what it is.
shape_result <- function(value, row, integers) {
  count <- if (row$ranked) integers
  switch(row$gives,
    values = if (row$ranked) ranked(value, count) else value,
    places = places(if (row$ranked) ranked(value, count) else value),
    "values and places" = values_and_indices(value, count, worst_value(row)),
    logical = {
      storage.mode(value) <- "logical"
      value
    },
    value
  )
}

# A search has no use for it, so it is no candidate.
worst_value <- function(row) if (row$wanted == "largest") -Inf else Inf

values_and_indices <- function(value, count, worst) {
  if (length(count)) {
    values <- ranked(value, count, kind = 1L, kinds = 2L)
    indices <- ranked(value, count, kind = 2L, kinds = 2L)
  } else {
    half <- seq_len(ncol(value) %/% 2L)
    values <- value[, half, drop = FALSE]
    indices <- value[, -half, drop = FALSE]
  }
  indices[which(values == worst)] <- NaN
  list(values = values, indices = places(indices))
}

# Native columns: for each of the K, all components (of the values, then of the
# places). One of these kinds as an array of rows, K and components.
ranked <- function(value, count, kind = 1L, kinds = 1L) {
  components <- ncol(value) %/% (count * kinds)
  parts <- array(value, c(nrow(value), components, kinds, count))
  one <- aperm(parts[, , kind, , drop = FALSE], c(1L, 4L, 2L, 3L))
  dim(one) <- c(nrow(value), count, if (components > 1L) components)
  dimnames(one) <- if (!is.null(rownames(value))) {
    c(list(rownames(value)), rep(list(NULL), length(dim(one)) - 1L))
  }
  one
}

# Places alone do not tell whether there is a candidate: an infinite value is
# none. What is found last is looked at first, because nothing before it is
# infinite where it is not.
without_infinite <- function(found, x, row, index, call) {
  extents <- c(dim(found), 1L)
  if (!row$ranked) extents <- c(nrow(found), 1L, ncol(found))
  place <- array(found, extents[1:3])
  for (component in seq_len(extents[[3L]])) {
    rows <- seq_len(extents[[1L]])
    for (rank in rev(seq_len(extents[[2L]]))) {
      open <- rows[!is.na(place[rows, rank, component])]
      j <- place[open, rank, component] + 1L - settings$index_base
      value <- if (index == "j") {
        entries_of_pairs(x, open, j, call)
      } else {
        entries_of_pairs(x, j, open, call)
      }
      infinite <- open[which(value[, component] == worst_value(row))]
      place[infinite, rank, component] <- NA
      rows <- rows[is.na(place[rows, rank, component])]
    }
  }
  found[] <- place
  found
}

# Whole numbers, counted as the option says.
places <- function(value) {
  value[is.nan(value)] <- NA
  value <- value + settings$index_base
  storage.mode(value) <- "integer"
  value
}
