# A GPU for machines that have none: the driver library and the compiler of
# cuda-emulation/ run kernels on the processor, through all host code of the
# package.

emulation <- new.env(parent = emptyenv())

emulated_nvcc <- function() {
  normalizePath(test_path("cuda-emulation", "nvcc"))
}

# Paths of the emulated libcuda and libnvrtc, built once in a session.
emulated_driver <- function() {
  emulated_library("driver")
}

emulated_nvrtc <- function() {
  emulated_library("nvrtc", sprintf("-DEMULATED_NVCC=\"%s\"", emulated_nvcc()))
}

emulated_library <- function(name, flags = character()) {
  if (!is.null(emulation[[name]])) {
    return(emulation[[name]])
  }
  skip_without_compiler()
  source <- test_path("cuda-emulation", paste0(name, ".cpp"))
  product <- file.path(tempdir(), sprintf("lib%s-emulation.so", name))
  compiler <- strsplit(cxx_command(), " ")[[1L]]
  words <- c(
    compiler[-1L], "-O2", "-shared", "-fPIC", "-w",
    "-I", system.file("include", package = "rkeops"), flags, source,
    "-o", product, "-ldl"
  )
  output <- suppressWarnings(
    system2(compiler[1L], shQuote(words), stdout = TRUE, stderr = TRUE)
  )
  if (!file.exists(product)) {
    stop(source, " does not compile: ", paste(output, collapse = "\n"))
  }
  emulation[[name]] <- product
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
    nvcc = emulated_nvcc(),
    engine = "cuda", devices = 0L, .frame = .frame
  )
}
