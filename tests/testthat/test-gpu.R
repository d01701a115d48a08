# The GPU, where there is one; a clear error where there is none.

test_that("without a GPU use_gpu() says what it looked for, nothing changes", {
  local_rkeops_options(cuda_driver = "/nonexistent/libcuda.so.1")
  error <- expect_rkeops_error(use_gpu(), "gpu")
  expect_match(conditionMessage(error), "nonexistent")
  expect_identical(get_rkeops_option("engine"), "cpu")
  expect_rkeops_error(rkeops_use_gpu(), "gpu")
  expect_rkeops_error(set_rkeops_option("backend", "GPU"), "gpu")
  expect_rkeops_error(set_rkeops_option("tagCpuGpu", 1), "gpu")
  expect_identical(get_rkeops_option("backend"), "CPU")
  data <- gaussian_data(10, 15)
  expect_close(gaussian_operator()(data), do.call(gaussian_sum, data))
})

test_that("wrong devices are refused", {
  expect_rkeops_error(use_gpu("first"), "argument")
  expect_rkeops_error(use_gpu(-2), "argument")
  expect_rkeops_error(use_gpu(NULL), "argument")
})

test_that("a GPU that is not there is named", {
  skip_without_gpu()
  expect_rkeops_error(use_gpu(1000), "gpu", "1000")
  expect_identical(get_rkeops_option("engine"), "cpu")
})

test_that("the GPU computes what plain R computes", {
  skip_without_gpu()
  local_rkeops_options(engine = "cuda", devices = 0)
  for (precision in c("float32", "float64")) {
    op <- gaussian_operator(precision)
    sizes <- list(c(1, 1), c(63, 65), c(1000, 777), c(5, 20000), c(20000, 5))
    for (size in sizes) {
      data <- gaussian_data(size[1], size[2])
      expect_close(
        op(data), do.call(gaussian_sum, data), do.call(gaussian_scale, data),
        precision
      )
    }
  }
})

test_that("the GPU computes gradients", {
  skip_without_gpu()
  data <- c(unname(gaussian_data(100, 130)), list(points(100, 6)))
  gradient <- keops_grad(gaussian_operator(), "x")
  expected <- gradient(data)
  local_rkeops_options(engine = "cuda", devices = 0)
  expect_equal(gradient(data), expected, tolerance = 1e-10)
})

test_that("an operator goes where the option says", {
  skip_without_gpu()
  op <- gaussian_operator("float32")
  use_gpu()
  expect_match(format(op)[1], "GPU")
  use_cpu(2)
  expect_match(format(op)[1], "CPU")
})
