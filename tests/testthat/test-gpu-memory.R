# Problems larger than the memory of a GPU, matrices that stay there, several
# GPUs: with the machine's own, or emulated ones.

skip_on_cran()

# ---- out of core ----

test_that("every reduction is the same in chunks, bit for bit", {
  args <- c("x = Vi(3)", "y = Vj(3)", "b = Vj(2)")
  input <- list(
    points(1500), points(800, start = 0.3), points(800, 2, start = 0.9)
  )
  local_gpu()
  for (formula in formula_language("reductions")$example) {
    op <- keops_kernel(formula, args, precision = "float64")
    expect_same_in_chunks(function() op(input), formula)
  }
})

test_that("so are inner products, finish stages, several kernels", {
  local_gpu()
  long <- keops_kernel(
    "Sum_Reduction(Exp(-s * SqDist(x, y)) * b, 0)",
    c("x = Vi(40)", "y = Vj(40)", "b = Vj(1)", "s = Pm(1)")
  )
  input <- list(
    points(515, 40), points(901, 40, start = 0.3), points(901, 1), 0.1
  )
  expect_same_in_chunks(
    function() long(input), "long vectors", most = 1500
  )
  log_sum <- keops_kernel(
    "LogSumExp_Reduction(-SqDist(x, y) + b, 0)",
    c("x = Vi(3)", "y = Vj(3)", "b = Vj(1)"), precision = "float64"
  )
  input <- list(points(900), points(1100, start = 0.3), points(1100, 1))
  gradient <- keops_grad(log_sum, "x")
  weighted <- c(input, list(points(900, 1)))
  expect_same_in_chunks(function() gradient(weighted), "a gradient")
  gradient <- keops_grad(log_sum, "y")
  expect_same_in_chunks(function() gradient(weighted), "another gradient")
})

test_that("transposed inputs, other axes and lazy tensors, too", {
  local_gpu()
  op <- keops_kernel(
    "Max_Reduction(SqDist(x, y), 1)", c("x = Vi(3)", "y = Vj(3)"),
    precision = "float64"
  )
  x <- points(1500)
  y <- points(600, start = 0.3)
  expect_same_in_chunks(
    function() op(list(t(x), t(y)), inner_dim = 0), "transposed"
  )
  local_rkeops_options(precision = "float64")
  K <- exp(-sqdist(Vi(points(6000)), Vj(y)))
  expect_same_in_chunks(function() argKmin(K, 3, "j"), "lazy")
  expect_same_in_chunks(function() rowSums(K), "lazy")
})

test_that("long inputs and results are shared by threads", {
  local_gpu()
  op <- keops_kernel(
    "Sum_Reduction(x * y, 0)", c("x = Vi(4)", "y = Vj(4)"),
    precision = "float64"
  )
  x <- points(300001, 4)
  for (threads in c(1, 3)) {
    local_rkeops_options(threads = threads)
    expect_identical(op(list(x, matrix(2, 1, 4))), 2 * x)
    expect_identical(as.matrix(to_gpu(x)), x)
  }
})

test_that("too little memory is an error that names the option", {
  local_gpu()
  op <- gaussian_operator()
  data <- gaussian_data(3000, 40)
  expected <- op(data)
  local({
    local_rkeops_options(gpu_memory = "10 KiB")
    expect_rkeops_error(op(data), "gpu", "gpu_memory")
    expect_rkeops_error(to_gpu(points(3000)), "gpu", "gpu_memory")
  })
  expect_identical(op(data), expected)
})

test_that("sizes of memory are read as people write them", {
  local_rkeops_options(gpu_memory = Inf)
  expect_identical(get_rkeops_option("gpu_memory"), Inf)
  sizes <- c(
    "100 MiB" = 100 * 2^20, "1.5GB" = 1.5e9, "64k" = 64000, "2 TiB" = 2^41,
    "12345" = 12345
  )
  for (size in names(sizes)) {
    set_rkeops_option("gpu_memory", size)
    expect_equal(get_rkeops_option("gpu_memory"), sizes[[size]])
  }
  set_rkeops_option("gpu_memory", NULL)
  expect_identical(get_rkeops_option("gpu_memory"), Inf)
  for (wrong in list("much", -1, 0, c(1, 2), TRUE, "1.2.3 MiB")) {
    expect_rkeops_error(set_rkeops_option("gpu_memory", wrong), "argument")
  }
})

# ---- matrices on the GPU ----

test_that("a matrix on the GPU is what it was made of", {
  local_gpu()
  x <- points(70, 4)
  on_gpu <- to_gpu(x)
  expect_s3_class(on_gpu, "gpu_matrix")
  expect_true(is_gpu_matrix(on_gpu))
  expect_identical(dim(on_gpu), dim(x))
  expect_identical(nrow(on_gpu), 70L)
  expect_identical(ncol(on_gpu), 4L)
  expect_equal(length(on_gpu), 280)
  expect_true(is.matrix(on_gpu))
  expect_identical(as.matrix(on_gpu), x)
  expect_identical(as.numeric(on_gpu), c(x))
  expect_identical(as.vector(on_gpu), c(x))
  expect_identical(to_gpu(on_gpu), on_gpu)
  expect_output(print(on_gpu), "70 x 4 matrix of double precision.*on GPU 0")
  expect_identical(as.matrix(to_gpu(1:3)), matrix(c(1, 2, 3)))
  expect_identical(
    as.matrix(to_gpu(data.frame(a = 1:2, b = c(0.5, NaN)))),
    cbind(c(1, 2), c(0.5, NaN))
  )
  expect_identical(as.matrix(to_gpu(matrix(0, 0, 3))), matrix(0, 0, 3))
  for (wrong in list("a", NULL, factor("a"), array(0, c(1, 1, 1)), 1i)) {
    expect_rkeops_error(to_gpu(wrong), "argument")
  }
})

test_that("operators take them, and leave their results there", {
  local_gpu()
  for (precision in c("float32", "float64")) {
    op <- gaussian_operator(precision)
    data <- gaussian_data(150, 270)
    expected <- op(data)
    resident <- lapply(data[c("x", "y", "b")], to_gpu)
    result <- op(c(resident, s = 0.2))
    expect_true(is_gpu_matrix(result))
    expect_identical(as.matrix(result), expected)
    # a number can be there, too
    result <- op(c(resident, s = list(to_gpu(0.2))))
    expect_identical(as.matrix(result), expected)
    # not all of them: the result comes back
    resident$b <- data$b
    expect_identical(op(c(resident, s = 0.2)), expected)
    local({
      local_rkeops_options(gpu_results = "gpu")
      expect_identical(as.matrix(op(data)), expected)
      expect_true(is_gpu_matrix(op(data)))
    })
    local({
      local_rkeops_options(gpu_results = "host")
      resident$b <- to_gpu(data$b)
      expect_identical(op(c(resident, s = 0.2)), expected)
    })
  }
})

test_that("they may be larger than what a call may use", {
  local_gpu()
  data <- gaussian_data(20000, 400)
  op <- gaussian_operator("float32")
  expected <- op(data)
  resident <- lapply(data[c("x", "y", "b")], to_gpu)
  resident$s <- 0.2
  gc()
  used <- check_native(r_gpu_memory_used(0L))
  expect_gt(used, 8 * 400 * 9)
  # the result, and something to work with: GPUs of many multiprocessors cut
  # the columns into more splits, which have accumulators of their own
  local_rkeops_options(gpu_memory = used + 8 * 6 * 20000 + 600 * 1024)
  expect_identical(as.matrix(op(resident)), expected)
  expect_gt(r_last_timings()[["chunks"]], 1)
})

test_that("the CPU takes them as well", {
  local_gpu()
  data <- gaussian_data(15, 27)
  resident <- lapply(data[c("x", "y", "b")], to_gpu)
  local_rkeops_options(engine = "cpu")
  op <- gaussian_operator()
  expect_identical(op(c(resident, s = 0.2)), op(data))
  expect_identical(resident$x + 1, data$x + 1)
  expect_equal(crossprod(resident$x), crossprod(data$x))
  expect_equal(sum(resident$x), sum(data$x))
  expect_equal(exp(resident$x), exp(data$x))
})

test_that("lazy tensors are made of them", {
  local_gpu()
  local_rkeops_options(precision = "float64")
  x <- points(40, 2)
  y <- points(70, 2, start = 0.3)
  b <- points(70, 3, start = 0.7)
  K <- exp(-sqdist(Vi(to_gpu(x)), Vj(to_gpu(y))) / 0.5)
  expect_identical(dim(K), c(40L, 70L))
  expect_match(format(K), "40 x 2 matrix on the GPU", all = FALSE)
  expected <- gaussian_sum(x, y, b, 2)
  result <- K %*% to_gpu(b)
  expect_true(is_gpu_matrix(result))
  expect_equal(as.matrix(result), expected, tolerance = 1e-11)
  expect_equal(K %*% b, expected, tolerance = 1e-11)
  kernel <- gaussian_matrix(x, y, 2)
  expect_equal(rowSums(K), rowSums(kernel), tolerance = 1e-11)
  expect_equal(as.matrix(K), kernel, tolerance = 1e-11)
  expect_equal(as.matrix(K[3:5, ]), kernel[3:5, ], tolerance = 1e-11)
  expect_identical(
    argKmin(K, 2, "j"), t(apply(kernel, 1, order)[1:2, ])
  )
})

test_that("arithmetic stays on the GPU, in double precision", {
  local_gpu()
  x <- points(30, 2) + 0.1
  y <- points(30, 2, start = 0.3) - 0.5
  a <- to_gpu(x)
  b <- to_gpu(y)
  same <- function(actual, expected) {
    expect_true(is_gpu_matrix(actual))
    expect_identical(as.matrix(actual), expected)
  }
  same(a + b, x + y)
  same(a - b, x - y)
  same(a * b, x * y)
  same(a / b, x / y)
  same(-a, -x)
  same(+a, x)
  same(a + 1 / 3, x + 1 / 3)
  same(2 - a, 2 - x)
  same(a * y, x * y)
  same(to_gpu(3) * a, 3 * x)
  same(to_gpu(3) / to_gpu(7), matrix(3 / 7))
  expect_equal(as.matrix(sqrt(a)), sqrt(x), tolerance = 1e-15)
  expect_equal(as.matrix(crossprod(a, b)), crossprod(x, y), tolerance = 1e-15)
  expect_equal(as.matrix(crossprod(a)), crossprod(x), tolerance = 1e-15)
  v <- to_gpu(x[, 1])
  expect_equal(
    as.numeric(crossprod(v)), sum(x[, 1]^2), tolerance = 1e-15
  )
  expect_equal(sum(a), sum(x), tolerance = 1e-14)
  expect_identical(max(a, b), max(x, y))
  expect_identical(min(a), min(x))
  expect_rkeops_error(a + v, "shape", "30 x 2 and 30 x 1")
  expect_rkeops_error(a^2, "argument", "not defined")
  expect_rkeops_error(a < b, "argument", "not defined")
  expect_rkeops_error(sin(a), "argument", "not defined")
  expect_rkeops_error(range(a), "argument", "not defined")
})

test_that("conjugate gradients run on the GPU", {
  local_gpu()
  x <- points(200)
  right_side <- points(200, 1, start = 0.7)
  op <- keops_kernel(
    "Sum_Reduction(Exp(-SqDist(x, y)) * b, 0)",
    c("x = Vi(3)", "y = Vj(3)", "b = Vj(1)"), precision = "float64"
  )
  data <- to_gpu(x)
  b <- to_gpu(right_side)
  solution <- 0 * b
  residual <- direction <- b
  square <- crossprod(residual)
  for (step in 1:60) {
    if (as.numeric(square) < 1e-24) break
    image <- op(data, data, direction) + direction
    size <- square / crossprod(direction, image)
    solution <- solution + size * direction
    residual <- residual - size * image
    previous <- square
    square <- crossprod(residual)
    direction <- residual + (square / previous) * direction
  }
  expected <- solve(gaussian_matrix(x, x, 1) + diag(200), right_side)
  expect_equal(as.matrix(solution), expected, tolerance = 1e-9)
})

test_that("their memory comes back, when R or the GPU needs it", {
  local_gpu()
  op <- keops_kernel("Sum_Reduction(x + 2 * y, 0)", c("x = Vi(1)", "y = Vj(1)"))
  op(1:3, 1:3)
  local_rkeops_options(gpu_memory = "16 MiB")
  # far more than there is room for at once
  for (k in 1:20) x <- to_gpu(rep(k, 5e5))
  expect_identical(max(x), 20)
  kept <- list(x)
  expect_rkeops_error(
    for (k in 1:5) kept[[k]] <- to_gpu(rep(k, 5e5)), "gpu", "gpu_memory"
  )
  expect_true(all(is.finite(as.numeric(kept[[1]]))))
  rm(kept)
  expect_identical(sum(x - x), 0)
})

test_that("a matrix on the GPU does not survive its session", {
  local_gpu()
  x <- to_gpu(points(5))
  copy <- unserialize(serialize(x, NULL))
  expect_identical(dim(copy), c(5L, 3L))
  expect_output(print(copy), "another session")
  expect_rkeops_error(as.matrix(copy), "gpu", "another R session")
  op <- keops_kernel("Sum_Reduction(x - y, 0)", c("x = Vi(3)", "y = Vj(3)"))
  expect_rkeops_error(op(copy, points(4)), "gpu", "saveRDS|saved")
  expect_rkeops_error(copy + 1, "gpu")
})

test_that("where points are columns they are refused", {
  local_gpu()
  op <- keops_kernel("Sum_Reduction(x - y, 0)", c("x = Vi(3)", "y = Vj(3)"))
  x <- to_gpu(points(3))
  expect_rkeops_error(op(x, x, inner_dim = 0), "argument", "points are rows")
})

# ---- several GPUs ----

test_that("two and three GPUs give the bits of one", {
  formulas <- c(
    "Sum_Reduction(Exp(-SqDist(x, y)) * b, 0)",
    "ArgMin_Reduction(SqDist(x, y), 0)",
    "KMin_ArgKMin_Reduction(SqDist(x, y), 4, 0)",
    "LogSumExp_Reduction(-SqDist(x, y), 0)"
  )
  args <- c("x = Vi(3)", "y = Vj(3)", "b = Vj(2)")
  for (size in list(c(6000, 400), c(3, 9000))) {
    input <- list(
      points(size[1]), points(size[2], start = 0.3),
      points(size[2], 2, start = 0.9)
    )
    for (formula in formulas) {
      results <- lapply(1:3, function(count) {
        local_gpus(count)
        result <- keops_kernel(formula, args)(input)
        expect_equal(r_last_timings()[["gpus"]], count)
        result
      })
      expect_identical(results[[2]], results[[1]])
      expect_identical(results[[3]], results[[1]])
    }
  }
})

test_that("several GPUs take matrices of one, gradients, and little memory", {
  data <- gaussian_data(1100, 700)
  input <- c(unname(data), list(points(1100, 6)))
  local_gpus(1)
  gradient <- keops_grad(gaussian_operator(), "x")
  expected <- gradient(input)
  resident <- c(lapply(data[c("x", "y", "b")], to_gpu), s = 0.2)
  sums <- as.matrix(gaussian_operator()(resident))
  local_gpus(2)
  expect_identical(gradient(input), expected)
  expect_identical(as.matrix(gaussian_operator()(resident)), sums)
  expect_identical(resident$x + 1, data$x + 1)
  expect_identical(gaussian_operator()(data), sums)
  # so many columns that they are most of what is in memory
  many <- gaussian_data(1100, 5000)
  rm(resident)
  expect_same_in_chunks(function() gaussian_operator()(many), "two GPUs", 700)
})

test_that("use_gpu() takes one device or several", {
  local_gpus(2)
  use_gpu(devices = c(1, 0))
  expect_identical(get_rkeops_option("devices"), c(1L, 0L))
  use_gpu(1)
  expect_identical(get_rkeops_option("devices"), 1L)
  use_gpu(c(0, 1))
  expect_identical(get_rkeops_option("devices"), c(0L, 1L))
  expect_rkeops_error(use_gpu(devices = c(0, 0)), "argument", "devices")
  expect_rkeops_error(use_gpu(devices = c(0, 99)), "gpu", "99")
})
