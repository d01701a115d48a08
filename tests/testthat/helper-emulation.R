# A GPU for machines that have none: the driver library and the compiler of
# cuda-emulation/ run kernels on the processor, through all host code of the
# package.

emulation <- new.env(parent = emptyenv())

# Path of the emulated libcuda, built once in a session.
emulated_driver <- function() {
  if (!is.null(emulation$driver)) {
    return(emulation$driver)
  }
  source <- test_path("cuda-emulation", "driver.cpp")
  product <- file.path(tempdir(), "libcuda-emulation.so")
  compiler <- strsplit(cxx_command(), " ")[[1L]]
  words <- c(
    compiler[-1L], "-O2", "-shared", "-fPIC", "-w",
    "-I", system.file("include", package = "rkeops"), source, "-o", product, "-ldl"
  )
  output <- suppressWarnings(
    system2(compiler[1L], shQuote(words), stdout = TRUE, stderr = TRUE)
  )
  if (!file.exists(product)) {
    stop("The emulated driver does not compile: ", paste(output, collapse = "\n"))
  }
  emulation$driver <- product
}

# The GPU of this machine, or the emulated one.
local_gpu <- function(.frame = parent.frame()) {
  if (inherits(r_gpu_devices(), "rkeops_failure")) {
    local_emulated_gpu(.frame)
  } else {
    local_rkeops_options(engine = "cuda", devices = 0L, .frame = .frame)
  }
}

local_emulated_gpu <- function(.frame = parent.frame()) {
  skip_on_cran()
  local_rkeops_options(
    cuda_driver = emulated_driver(),
    nvcc = normalizePath(test_path("cuda-emulation", "nvcc")),
    engine = "cuda", devices = 0L, .frame = .frame
  )
}
