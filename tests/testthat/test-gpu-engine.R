# The whole way of a formula to a GPU and back: to the machine's own, or where
# it has none to an emulated one, which leaves out the GPU itself and the real
# nvcc (the CUDA snapshots).

# Both engines, and plain R where `expected` is given.
expect_same_on_both <- function(formula, args, input, precision = "float64",
                                expected = NULL) {
  op <- keops_kernel(formula, args, precision = precision)
  on_cpu <- op(input)
  local_gpu()
  on_gpu <- op(input)
  tolerance <- c(float32 = 2e-5, float64 = 1e-11)[[precision]]
  expect_equal(on_gpu, on_cpu, tolerance = tolerance)
  if (!is.null(expected)) expect_equal(on_gpu, expected, tolerance = tolerance)
}

test_that("the sum of the README at awkward sizes, in both precisions", {
  for (precision in c("float32", "float64")) {
    for (size in list(c(1, 1), c(63, 65), c(130, 257), c(3, 5000), c(1500, 2))) {
      data <- gaussian_data(size[1], size[2])
      expect_same_on_both(
        gaussian_formula, gaussian_args, data, precision,
        do.call(gaussian_sum, data)
      )
    }
  }
})

test_that("sums of equal terms keep six digits in float32", {
  local_gpu()
  cases <- list(
    list(c("x = Vi(1)", "y = Vj(1)"), "x * y"),
    list(c("x = Vi(6)", "y = Vj(1)"), "x * y"),
    # columns that are long, so that few are in a tile
    list(c("x = Vi(1)", "y = Vj(900)"), "x * Elem(Exp(y), 0)"),
    # values that are wide, which are summed up by tiles
    list(c("x = Vi(1)", "y = Vj(24)"), "Exp(x * Elem(y, 0)) * y")
  )
  for (case in cases) {
    width <- as.integer(sub(".*\\((\\d+)\\)", "\\1", case[[1]]))
    y <- matrix(log(0.1), 3001, width[2])
    if (width[2] == 1) y <- exp(y)
    for (reduction in c("Sum", "Mean")) {
      op <- keops_kernel(
        sprintf("%s_Reduction(%s, 0)", reduction, case[[2]]), case[[1]],
        precision = "float32"
      )
      # what is 0.1 or nearly is the same for all, so the sum is known
      one <- op(list(matrix(1, 1, width[1]), y[1, , drop = FALSE]))
      expected <- if (reduction == "Sum") nrow(y) * one else one
      error <- op(list(matrix(1, 1, width[1]), y)) / expected - 1
      expect_lt(max(abs(error)), 7e-7, label = paste(reduction, case[[2]]))
    }
  }
})

test_that("exponentials of pairs are right to the last digits in float64", {
  expect_last_digits <- function(formula, D, x, expected) {
    args <- sprintf(c("x = Vi(%d)", "y = Vj(%d)"), D)
    op <- keops_kernel(formula, args, precision = "float64")
    others <- matrix(0, length(x), D - 1)
    value <- as.vector(op(list(cbind(x, others, deparse.level = 0), matrix(0, 1, D))))
    error <- ifelse(value == expected, 0, abs(value - expected))
    close <- error <= pmax(4.5e-16 * expected, 1e-323)
    agree <- ifelse(is.nan(expected), is.nan(value), close)
    expect_identical(x[!agree], numeric(0), info = formula)
  }
  local_gpu()
  local_rkeops_options(expansion = "never")
  x <- c(
    seq(-750, 712, length.out = 4001), 0, 1e-300, -1e-17, log(2) * (-3:3) / 2048,
    -745.1, -708.4, 709.78, 709.79, 1e5, -1e5, 1e300, -1e300, Inf, -Inf, NaN
  )
  expect_last_digits("Sum_Reduction(Exp(x + y), 0)", 1, x, exp(x))
  # what is not a normal number is 0 here
  x <- c(seq(-1021, 1023.9, length.out = 4001), x)
  powers <- replace(2^x, which(x <= -1022), 0)
  expect_last_digits("Sum_Reduction(Exp2(x + y), 0)", 1, x, powers)
  # beside inner products, where the table of powers is shorter
  x <- 0:440 / 16
  expect_last_digits("Sum_Reduction(Exp(-SqDist(x, y)), 0)", 20, x, exp(-x^2))
})

test_that("empty inputs give the neutral element or nothing", {
  no_rows <- gaussian_data(0, 5)
  no_columns <- gaussian_data(5, 0)
  local_gpu()
  op <- gaussian_operator()
  expect_identical(dim(op(no_rows)), c(0L, 6L))
  expect_identical(op(no_columns), matrix(0, 5, 6))
})

test_that("gradients run kernel after kernel", {
  data <- gaussian_data(40, 50)
  input <- c(unname(data), list(points(40, 6)))
  for (variable in c("x", "y", "b", "s")) {
    gradient <- keops_grad(gaussian_operator(), variable)
    on_cpu <- gradient(input)
    local({
      local_gpu()
      expect_equal(gradient(input), on_cpu, tolerance = 1e-11)
    })
  }
})

test_that("failures of the GPU are errors of class gpu, and the CPU goes on", {
  data <- gaussian_data(30, 40)
  expected <- do.call(gaussian_sum, data)
  local({
    local_emulated_gpu()
    op <- gaussian_operator()
    expect_equal(op(data), expected, tolerance = 1e-11)
    withr::with_envvar(
      c(RKEOPS_EMULATION_MEMORY = "1000"),
      # more than the memory that earlier tests left for the next calls
      expect_rkeops_error(
        gaussian_operator("float64", 3, 5)(gaussian_data(60000, 40000, 3, 5)), "gpu"
      )
    )
    expect_rkeops_error(use_gpu(7), "gpu", "7")
    expect_equal(op(data), expected, tolerance = 1e-11)
  })
  expect_equal(gaussian_operator()(data), expected, tolerance = 1e-11)
})

test_that("after a fault of the GPU the next call begins anew", {
  data <- gaussian_data(30, 40)
  local_emulated_gpu()
  op <- gaussian_operator()
  expected <- op(data)
  withr::with_envvar(
    c(RKEOPS_EMULATION_FAIL = "cuLaunchKernel=700"),
    error <- expect_rkeops_error(op(data), "gpu", "A program failed on the GPU")
  )
  expect_match(error$details, "ILLEGAL_ADDRESS")
  expect_identical(op(data), expected)
  withr::with_envvar(
    c(RKEOPS_EMULATION_FAIL = "cuStreamSynchronize=214"),
    expect_rkeops_error(op(data), "gpu", "memory")
  )
  use_gpu()
  expect_identical(op(data), expected)
})

test_that("a forked process is told that it cannot use the GPU", {
  skip_on_os("windows")
  data <- gaussian_data(30, 40)
  local_emulated_gpu()
  op <- gaussian_operator()
  expected <- op(data)
  child <- parallel::mcparallel(
    tryCatch(op(data), rkeops_error_gpu = conditionMessage)
  )
  message <- parallel::mccollect(child)[[1]]
  expect_match(message, "forked")
  expect_match(message, "use_cpu()", fixed = TRUE)
  expect_identical(op(data), expected)
})

test_that("without a compiler the error says where it was looked for", {
  local_emulated_gpu()
  op <- keops_kernel("Sum_Reduction(Exp(x - y) * 3, 0)", c("x = Vi(1)", "y = Vj(1)"))
  set_rkeops_option("nvcc", "/nonexistent/nvcc")
  expect_rkeops_error(op(1:3, 1:4), "compile", "nonexistent/nvcc")
  expect_rkeops_error(use_gpu(), "gpu", "nonexistent/nvcc")
  local_rkeops_options(cuda_compiler = "nvrtc", nvrtc = "/nonexistent/libnvrtc.so")
  expect_rkeops_error(op(1:3, 1:4), "compile", "nonexistent/libnvrtc")
  expect_rkeops_error(use_gpu(), "gpu", "nonexistent/libnvrtc")
})

test_that("NVRTC compiles, in the process of R", {
  data <- gaussian_data(30, 40)
  local_emulated_gpu()
  local_rkeops_options(
    cuda_compiler = "nvrtc", nvrtc = emulated_nvrtc(),
    cache_dir = file.path(withr::local_tempdir(), "cache")
  )
  op <- gaussian_operator()
  expect_equal(op(data), do.call(gaussian_sum, data), tolerance = 1e-11)
  expect_match(unclass(explain(op, "command")), "nvrtc-emulation.so .*in the process")
  expect_match(explain(op, "engine"), "compiler: .*nvrtc-emulation", all = FALSE)
  log <- list.files(get_rkeops_cache_dir(), "log$", full.names = TRUE)
  expect_match(readLines(log)[1], emulated_nvrtc(), fixed = TRUE)
  report <- paste(capture_messages(rkeops_sitrep()), collapse = "")
  expect_match(report, "nvrtc-emulation.so (NVRTC 13.0; option)", fixed = TRUE)
})

test_that("what NVRTC says is in the error", {
  local_emulated_gpu()
  local_rkeops_options(cuda_compiler = "nvrtc", nvrtc = emulated_nvrtc())
  op <- keops_kernel("Sum_Reduction(Exp(x - y) * 4, 0)", c("x = Vi(1)", "y = Vj(1)"))
  withr::with_envvar(
    c(
      RKEOPS_EMULATION_NVRTC_STATUS = "6",
      RKEOPS_EMULATION_NVRTC_LOG = "a.cu(1): error: out of order"
    ),
    expect_rkeops_error(op(1:3, 1:4), "compile", "out of order")
  )
  expect_rkeops_error(set_rkeops_option("cuda_compiler", "gcc"), "argument", "nvrtc")
})

test_that("lazy tensors run where operators do", {
  x <- points(40, 2)
  y <- points(70, 2, start = 0.3)
  b <- points(70, 3, start = 0.7)
  expected <- gaussian_sum(x, y, b, 2)
  local_emulated_gpu()
  local_rkeops_options(precision = "float64")
  K <- exp(-sqdist(Vi(x), Vj(y)) / 0.5)
  expect_match(format(K)[1], "on the GPU", fixed = TRUE)
  expect_equal(K %*% b, expected, tolerance = 1e-11)
  expect_equal(as.matrix(K), gaussian_matrix(x, y, 2), tolerance = 1e-11)
  expect_identical(
    argKmin(K, 2, "j"),
    t(apply(gaussian_matrix(x, y, 2), 1, order)[1:2, ])
  )
})

test_that("wide sums of short and of long points", {
  for (shape in list(c(3, 24), c(20, 65))) {
    data <- gaussian_data(130, 321, shape[1], shape[2])
    expected <- do.call(gaussian_sum, data)
    for (precision in c("float32", "float64")) {
      local_gpu()
      op <- gaussian_operator(precision, shape[1], shape[2])
      expect_close(op(data), expected, 321, precision)
    }
  }
})
