# Nearest neighbours against sorted distances in plain R, and FNN and dbscan.

skip_on_cran()

# The neighbours in a matrix of distances: the first of equal ones, NA where
# there is none.
neighbours_reference <- function(D, k, self = TRUE) {
  if (!self) diag(D) <- NA
  index <- t(apply(D, 1, function(row) {
    found <- order(row, seq_along(row))
    found[is.na(row[found]) | row[found] == Inf] <- NA
    found[seq_len(k)]
  }))
  index <- matrix(index, nrow(D))
  list(index = index, distance = matrix(D[cbind(c(row(index)), c(index))],
                                        nrow(D)))
}

expect_neighbours <- function(near, D, self = TRUE, tolerance = 1e-12) {
  expected <- neighbours_reference(D, near$k, self)
  expect_identical(unname(near$index), expected$index)
  expect_equal(unname(near$distance), expected$distance, tolerance = tolerance)
}

test_that("neighbours are the nearest points, ties by their number", {
  local_rkeops_options(compile = "never")
  # whole numbers, whose distances are exact: many are equal
  flowers <- unname(round(10 * as.matrix(iris[, 1:4])))
  for (x in list(flowers, flowers[1:65, 1, drop = FALSE], flowers * 2^70,
                 flowers[, 1:3] + 1e6, flowers[1:64, 1:2])) {
    D <- sqrt(squared_distances(x, x))
    expect_neighbours(nearest_neighbours(x, k = 4), D, self = FALSE)
    expect_neighbours(nearest_neighbours(x, k = 2, self = TRUE), D)
    query <- x[5:9, , drop = FALSE] * 2
    expect_neighbours(nearest_neighbours(x, query, k = 3),
                      sqrt(squared_distances(query, x)))
  }
  # squares that overflow, and that underflow
  for (unit in c(1e200, 1e-200)) {
    near <- nearest_neighbours(c(1, 2, 4) * unit, k = 1)
    expect_identical(c(near$index), c(2L, 1L, 2L))
    expect_equal(c(near$distance) / unit, c(1, 1, 2))
  }
})

test_that("neighbours are those of double precision in any option", {
  local_rkeops_options(precision = "float32", compile = "never",
                       index_base = 0)
  x <- cbind(c(0, 1, 1 - 1e-10, 1 + 1e-10), 1e3)
  near <- nearest_neighbours(x, k = 2)
  expect_identical(near$index[1, ], c(3L, 2L))
  expect_equal(near$distance[2, ], c(1e-10, 1e-10), tolerance = 1e-5)
  fast <- nearest_neighbours(iris[, 1:4], k = 1, precision = "float32")
  slow <- nearest_neighbours(iris[, 1:4], k = 1)
  expect_equal(fast$distance, slow$distance, tolerance = 1e-5)
})

test_that("too few points leave NA", {
  local_rkeops_options(compile = "never")
  near <- nearest_neighbours(cbind(1:3), k = 4)
  expect_identical(near$index, rbind(c(2L, 3L, NA, NA), c(1L, 3L, NA, NA),
                                     c(2L, 1L, NA, NA)))
  expect_identical(near$distance[1, ], c(1, 2, NA, NA))
  expect_identical(nearest_neighbours(5, k = 2)$index,
                   matrix(NA_integer_, 1, 2))
  none <- nearest_neighbours(matrix(0, 0, 2), k = 2)
  expect_identical(dim(none$index), c(0L, 2L))
  expect_output(print(none), "0 points")
  expect_output(print(summary(near)), "6 places have no neighbour")
  of_none <- nearest_neighbours(matrix(0, 0, 2), cbind(1, 1:3), k = 1)
  expect_true(all(is.na(of_none$distance)))
  # five equal points are neighbours of each other, never of themselves
  same <- nearest_neighbours(matrix(7, 5, 2), k = 2)
  expect_identical(same$index[, 1], c(2L, 1L, 1L, 1L, 1L))
  expect_identical(same$index[, 2], c(3L, 3L, 2L, 2L, 2L))
})

test_that("groups confine the search", {
  local_rkeops_options(compile = "never")
  x <- round(10 * as.matrix(iris[, 1:4]))
  group <- iris$Species
  group[c(3, 60)] <- NA
  D <- unname(sqrt(squared_distances(x, x)))
  same <- outer(as.character(group), as.character(group), "==")
  D[!(same %in% TRUE)] <- Inf
  expect_neighbours(nearest_neighbours(x, k = 3, within = group), D,
                    self = FALSE)
  near <- nearest_neighbours(x, x[1:2, ], k = 1,
                             within = list(group, c("virginica", "lost")))
  expect_identical(as.character(group[near$index[1, ]]), "virginica")
  expect_true(is.na(near$index[2, ]))
})

test_that("metrics by name rank by their distances", {
  local_rkeops_options(compile = "never")
  x <- unname(as.matrix(iris[1:60, 1:4]))
  query <- x[1:7, ] + 0.25
  of <- function(D) as.matrix(lazy_precision(D, "float64"))
  local_rkeops_options(precision = "float64")
  D <- list(manhattan = manhattan_dist(query, x),
            maximum = maximum_dist(query, x), cosine = cosine_dist(query, x),
            mahalanobis = mahalanobis_dist(query, x, cov(x)),
            hamming = hamming_dist(query, x))
  for (metric in names(D)) {
    near <- nearest_neighbours(x, query, k = 3, metric = metric)
    expect_neighbours(near, of(D[[metric]]), tolerance = 1e-9)
  }
  places <- as.matrix(quakes[1:50, c("long", "lat")])
  expect_neighbours(nearest_neighbours(places, k = 2, metric = "haversine"),
                    unname(of(haversine(places))), self = FALSE)
  mixed <- iris[c(1:20, 60:80), ]
  mixed[2, 1] <- NA
  expect_neighbours(nearest_neighbours(mixed, k = 2, metric = "gower"),
                    unname(of(gower(mixed))), self = FALSE)
  cube <- function(x, y) sum(abs(x - y)^3)
  expect_neighbours(nearest_neighbours(x, query, k = 2, metric = cube),
                    of(cube(Vi(query), Vj(x))))
  expect_true(all(is.na(
    nearest_neighbours(diag(2), c(0, 0), k = 1, metric = "cosine")$index
  )))
})

test_that("neighbours are those of FNN and dbscan, and convert to theirs", {
  skip_if_not_installed("FNN")
  skip_if_not_installed("dbscan")
  local_rkeops_options(compile = "never")
  set.seed(1)
  x <- matrix(rnorm(600), 200)
  near <- nearest_neighbours(x, k = 5)
  expect_equal(as_fnn(near), unclass(FNN::get.knn(x, 5)), tolerance = 1e-12)
  expect_equal(as_fnn(nearest_neighbours(x, x[1:9, ] + 1, k = 3)),
               unclass(FNN::get.knnx(x, x[1:9, ] + 1, 3)), tolerance = 1e-12)
  theirs <- dbscan::kNN(x, 5)
  expect_equal(as_dbscan(near)[c("id", "dist", "k")],
               unclass(theirs)[c("id", "dist", "k")], ignore_attr = TRUE)
  expect_identical(dbscan::jpclust(as_dbscan(near), k = 5, kt = 2)$cluster,
                   dbscan::jpclust(theirs, k = 5, kt = 2)$cluster)
})

test_that("neighbours are shown, summarised, drawn and converted", {
  local_rkeops_options(compile = "never")
  near <- nearest_neighbours(mtcars[, 1:3], k = 2)
  expect_output(print(near, n = 2), "Mazda RX4 Wag +1 \\(0.00\\).*30 more rows")
  expect_output(print(summary(near)), "mutual")
  expect_equal(unname(summary(near)$distance[2, "max"]),
               max(near$distance[, 2]))
  frame <- as.data.frame(near)
  expect_identical(frame$neighbour[frame$rank == 2], unname(near$index[, 2]))
  expect_identical(as.matrix(near)[, "row"], rep(1:32, each = 2))
  withr::local_pdf(NULL)
  expect_identical(plot(near), near)
  expect_rkeops_error(plot(near, k = 3), "argument", "`k`")
  skip_if_not_installed("Matrix")
  S <- as_sparse_matrix(near)
  expect_identical(S["Mazda RX4", "Mazda RX4 Wag"], near$distance[[1, 1]])
  skip_if_not_installed("igraph")
  graph <- igraph::graph_from_edgelist(as.matrix(near))
  expect_equal(igraph::ecount(graph), 64)
})

test_that("what cannot be searched is refused by name", {
  local_rkeops_options(compile = "never")
  x <- as.matrix(iris[1:9, 1:4])
  expect_rkeops_error(nearest_neighbours(x), "argument", "`k`")
  expect_rkeops_error(nearest_neighbours(x, k = 0), "argument", "`k`")
  expect_rkeops_error(nearest_neighbours(k = 1), "argument", "`x`")
  expect_rkeops_error(nearest_neighbours(iris, k = 1), "argument", "gower")
  x[2, 1] <- NA
  expect_rkeops_error(nearest_neighbours(x, k = 1), "argument", "missing")
  x[2, 1] <- Inf
  expect_rkeops_error(nearest_neighbours(x, k = 1), "argument", "infinite")
  x[2, 1] <- 0
  expect_rkeops_error(nearest_neighbours(x, x[, 1:2], k = 1), "shape",
                      "`query`")
  expect_rkeops_error(nearest_neighbours(x, k = 1, metric = "euclidian"),
                      "argument", "Did you mean `euclidean`")
  expect_rkeops_error(nearest_neighbours(x, k = 1, metric = "haversine"),
                      "shape", "longitude")
  expect_rkeops_error(nearest_neighbours(x, k = 1, within = 1:3), "argument",
                      "`within`")
  expect_rkeops_error(nearest_neighbours(x, x, k = 1, within = 1:9),
                      "argument", "`within`")
  expect_rkeops_error(
    nearest_neighbours(x, k = 1, metric = function(x, y) x - y), "argument",
    "`metric`"
  )
  expect_rkeops_error(
    nearest_neighbours(cbind(x, 1), k = 1, metric = "mahalanobis"),
    "argument", "singular"
  )
  expect_rkeops_error(as_fnn(1), "argument", "`x`")
})

test_that("columns may be times, and one value far beyond all others", {
  local_rkeops_options(compile = "never")
  time <- as.POSIXct("2026-11-30", tz = "UTC") + c(0, 40, 45, 900, 1000.5)
  near <- nearest_neighbours(data.frame(time, day = as.Date(time)), k = 1)
  expect_identical(c(near$index), c(2L, 3L, 2L, 5L, 4L))
  expect_equal(c(near$distance), c(40, 5, 5, 100.5, 100.5))
  expect_rkeops_error(
    nearest_neighbours(data.frame(time, name = letters[1:5]), k = 1),
    "argument", "`name`"
  )
  x <- matrix(c(1:63, 1e300), ncol = 1)
  near <- nearest_neighbours(x, k = 1)
  expect_identical(near$distance[1:63, 1], rep(1, 63))
  expect_equal(near$distance[64, 1], 1e300)
})
