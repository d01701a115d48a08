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

# Names of reductions say what their values are: "Arg..." are places, "..._..."
# values and places.
shape_result <- function(value, name, integers) {
  if (name %in% c("Any", "All")) {
    storage.mode(value) <- "logical"
    return(value)
  }
  has_places <- grepl("Arg", name, fixed = TRUE)
  if (length(integers) && grepl("K(Min|Max)", name)) {
    return(shape_smallest(value, name, integers[[1L]], has_places))
  }
  if (!has_places || grepl("Parts", name, fixed = TRUE)) {
    return(value)
  }
  if (!grepl("_", name, fixed = TRUE)) {
    return(places(value))
  }
  half <- seq_len(ncol(value) %/% 2L)
  list(
    values = value[, half, drop = FALSE],
    indices = places(value[, -half, drop = FALSE])
  )
}

# Native columns: for each of the K, all components (of the values, then of the
# places).
shape_smallest <- function(value, name, count, has_places) {
  kinds <- if (grepl("_", name, fixed = TRUE)) 2L else 1L
  components <- ncol(value) %/% (count * kinds)
  parts <- array(value, c(nrow(value), components, kinds, count))
  part <- function(kind) {
    one <- aperm(parts[, , kind, , drop = FALSE], c(1L, 4L, 2L, 3L))
    dim(one) <- c(nrow(value), count, if (components > 1L) components)
    dimnames(one) <- if (!is.null(rownames(value))) {
      c(list(rownames(value)), rep(list(NULL), length(dim(one)) - 1L))
    }
    one
  }
  if (kinds == 1L) {
    return(if (has_places) places(part(1L)) else part(1L))
  }
  list(values = part(1L), indices = places(part(2L)))
}

# Whole numbers, counted as the option says.
places <- function(value) {
  value[is.nan(value)] <- NA
  value <- value + settings$index_base
  storage.mode(value) <- "integer"
  value
}
