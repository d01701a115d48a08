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

# A place is shown where there is a candidate, so reductions that give places
# are computed with their values: an infinite one is none.
with_values <- c(
  ArgMin = "Min_ArgMin", ArgMax = "Max_ArgMax", ArgKMin = "KMin_ArgKMin",
  ArgKMax = "KMax_ArgKMax"
)

computed_reduction <- function(name) {
  if (name %in% names(with_values)) with_values[[name]] else name
}

# Names of reductions say what their values are: "Arg..." are places, "..._..."
# values and places. `value` is that of computed_reduction().
shape_result <- function(value, name, integers) {
  if (name %in% c("Any", "All")) {
    storage.mode(value) <- "logical"
    return(value)
  }
  has_places <- grepl("Arg", name, fixed = TRUE)
  count <- if (grepl("K(Min|Max)", name)) integers
  if (!has_places || grepl("Parts", name, fixed = TRUE)) {
    return(if (length(count) && !has_places) ranked(value, count) else value)
  }
  worst <- if (grepl("Max", name)) -Inf else Inf
  parts <- values_and_indices(value, count, worst)
  if (grepl("_", name, fixed = TRUE)) parts else parts$indices
}

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

# Whole numbers, counted as the option says.
places <- function(value) {
  value[is.nan(value)] <- NA
  value <- value + settings$index_base
  storage.mode(value) <- "integer"
  value
}
