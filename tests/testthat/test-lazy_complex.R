# Complex lazy tensors against R's complex numbers.

skip_on_cran()

z <- complex_points(4, 2)
w <- complex_points(3, 2, start = 0.6)

expect_complex <- function(tensors, functions, precision) {
  for (k in seq_along(tensors)) {
    expected <- all_pairs(z, w, functions[[k]])
    expect_equal(
      c(as.array(tensors[[k]], precision = precision)), c(expected),
      tolerance = c(float32 = 1e-5, float64 = 1e-11)[[precision]]
    )
  }
}

for (precision in c("float64", "float32")) {
  test_that(paste("arithmetic and functions,", precision), {
    z_i <- Vi(z)
    w_j <- Vj(w)
    joined <- Reduce(concat, list(
      z_i + w_j, z_i - w_j, z_i * w_j, z_i / w_j, -z_i * w_j, 2 * z_i - w_j,
      z_i * (1 + 2i) / w_j, z_i^2 + w_j, z_i^5 - w_j, z_i^-2 + w_j,
      z_i^0.3 * w_j, exp(z_i) + w_j, log(z_i) + w_j, sqrt(z_i) + w_j,
      sin(z_i) + w_j, cos(z_i) + w_j, sinh(z_i) + w_j, cosh(z_i) + w_j,
      Conj(z_i) * w_j, square(z_i) * w_j, inv(z_i) * w_j, sum(z_i * w_j),
      elem(z_i, 2) + w_j, z_i[2:1] * w_j
    ))
    expect_complex(list(joined), list(function(z, w) {
      c(
        z + w, z - w, z * w, z / w, -z * w, 2 * z - w, z * (1 + 2i) / w,
        z^2 + w, z^5 - w, z^-2 + w, z^0.3 * w, exp(z) + w, log(z) + w,
        sqrt(z) + w, sin(z) + w, cos(z) + w, sinh(z) + w, cosh(z) + w,
        Conj(z) * w, z^2 * w, w / z, sum(z * w), z[2] + w, z[2:1] * w
      )
    }), precision)
  })

  test_that(paste("parts are real,", precision), {
    z_i <- Vi(z)
    w_j <- Vj(w)
    joined <- Reduce(concat, list(
      Re(z_i * w_j), Im(z_i * w_j), Mod(z_i * w_j), abs(z_i + w_j),
      Arg(z_i * w_j), z_i == w_j, z_i != w_j
    ))
    expect_false(is.ComplexLazyTensor(joined))
    expect_complex(list(joined), list(function(z, w) {
      c(
        Re(z * w), Im(z * w), Mod(z * w), Mod(z + w), Arg(z * w), z == w, z != w
      )
    }), precision)
  })
}

test_that("norms and products see pairs of real numbers, as in rkeops 2.x", {
  z_i <- Vi(z)
  w_j <- Vj(w)
  u <- Re(z)
  real <- Reduce(concat, list(
    z_i | w_j, sqnorm2(z_i * w_j), norm2(z_i - w_j), sqdist(z_i, w_j),
    sqdist(Vi(u), w_j), norm2(z_i + c(1i, 2)) + 0 * sum(Re(w_j)),
    z_i | sum(w_j)
  ))
  expect_false(is.ComplexLazyTensor(real))
  expect_complex(list(real), list(function(z, w) {
    c(
      Re(sum(z * Conj(w))), sum(Mod(z * w)^2), sqrt(sum(Mod(z - w)^2)),
      sum(Mod(z - w)^2), sum(Mod(Re(z) - w)^2),
      sqrt(sum(Mod(z + c(1i, 2))^2)), Re(sum(z * Conj(sum(w))))
    )
  }), "float64")
  joined <- concat(
    concat(normalize(z_i) + 0 * w_j, tensorprod(z_i, w_j)),
    tensorprod(Vi(u), w_j)
  )
  expect_complex(list(joined), list(function(z, w) {
    c(z / sqrt(sum(Mod(z)^2)), outer(z, w), outer(Re(z), w))
  }), "float64")
  expect_identical(dim(tensorprod(z_i, w_j)), c(4L, 3L, 4L))
})

test_that("real tensors become complex", {
  x <- Re(z)
  x_i <- Vi(x)
  w_j <- Vj(w)
  expect_complex(list(
    concat(concat(x_i + w_j, real2complex(x_i) * w_j), concat(
      imag2complex(x_i) * w_j, exp1j(x_i) * w_j
    ))
  ), list(function(z, w) {
    c(Re(z) + w, Re(z) * w, 1i * Re(z) * w, exp(1i * Re(z)) * w)
  }), "float64")
})

test_that("reductions are complex, or interleaved as in rkeops 2.x", {
  local_rkeops_options(precision = "float64")
  expect_equal(sum(Vi(z), "i"), matrix(colSums(z), 1))
  expect_equal(
    sum(Vi(z) * Vj(w), "j"), z * rep(colSums(w), each = 4)
  )
  expect_equal(mean(Vi(z), "i"), matrix(colMeans(z), 1))
  expect_equal(
    reduction.LazyTensor(Vi(z) * Vj(w), "Mean", "j"),
    z * rep(colMeans(w), each = 4)
  )
  v <- w[, 1]
  K <- exp(-sum(abs(Vi(z) - Vj(w))))
  expect_equal(K %*% v, as.matrix(K) %*% v)
  expect_equal(Conj(z[, 1]) %*% K, Conj(z[, 1]) %*% as.matrix(K))
  local_rkeops_options(complex_results = "interleaved")
  expect_equal(sum(Vi(z), "i"), interleave(matrix(colSums(z), 1)))
  expect_error(min(Vi(z), "i"), class = "rkeops_error_argument")
})
