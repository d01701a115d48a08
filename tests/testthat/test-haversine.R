# Distances on a sphere.

skip_on_cran()

great_circles <- function(x, y, radius) {
  x <- x * pi / 180
  y <- y * pi / 180
  outer(seq_len(nrow(x)), seq_len(nrow(y)), function(i, j) {
    chord <- sin((x[i, 2] - y[j, 2]) / 2)^2 +
      cos(x[i, 2]) * cos(y[j, 2]) * sin((x[i, 1] - y[j, 1]) / 2)^2
    2 * radius * asin(pmin(1, sqrt(chord)))
  })
}

test_that("distances on a sphere are those of the haversine formula", {
  local_rkeops_options(compile = "never")
  x <- cbind(c(2.35, 13.40, 12.50, 0, 180), c(48.86, 52.52, 41.89, 90, 0))
  y <- rbind(x + 1e-4, c(-177.65, -48.86), c(0, -90))
  for (precision in c("float64", "float32")) {
    local_rkeops_options(precision = precision)
    tolerance <- c(float64 = 1e-12, float32 = 1e-5)[[precision]]
    expect_equal(
      unname(as.matrix(haversine(Vi(x), Vj(y)))),
      great_circles(x, y, 6371.0088), tolerance = tolerance
    )
  }
  expect_equal(
    as.matrix(haversine(Vi(x), Vj(y), radius = 1), precision = "float64"),
    great_circles(x, y, 1), tolerance = 1e-5
  )
  local_rkeops_options(precision = "float64")
  # points that meet
  x_i <- Vi(x)
  slopes <- grad(haversine(x_i, Vj(x)), 1, "Sum", x_i, "j")
  expect_true(all(is.finite(slopes[1:3, ])))
  expect_rkeops_error(haversine(Vi(x), Vj(x), radius = -1), "argument", "radius")
  expect_rkeops_error(haversine(Vi(x[, 1]), Vj(x)), "shape")
})
