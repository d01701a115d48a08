# NVRTC is found where users of R have it. Stand-ins have the layouts of what
# they stand for; their libraries are empty files, since nothing opens them.

# No place of this machine is looked at before those of the tests.
local_no_cuda <- function(.frame = parent.frame()) {
  variables <- c(
    "CUDA_HOME", "CUDA_PATH", "LD_LIBRARY_PATH", "TORCH_HOME", "VIRTUAL_ENV",
    "CONDA_PREFIX", "RETICULATE_PYTHON", "RETICULATE_PYTHON_ENV", "WORKON_HOME"
  )
  empty <- withr::local_tempdir(.local_envir = .frame)
  values <- rlang::set_names(rep(NA_character_, length(variables)), variables)
  values[["WORKON_HOME"]] <- empty
  withr::local_envvar(values, .local_envir = .frame)
  local_rkeops_options(cuda_compiler = "nvrtc", .frame = .frame)
}

new_file <- function(...) {
  file <- file.path(...)
  dir.create(dirname(file), recursive = TRUE, showWarnings = FALSE)
  file.create(file)
  file
}

found_nvrtc <- function() {
  found <- check_native(r_toolchain(nvrtc_folders()))
  paste0(found$cuda, " (", found$cuda_origin, ")")
}

expect_nvrtc <- function(file, origin) {
  expect_identical(found_nvrtc(), paste0(file, " (", origin, ")"))
}

# A package of R with this lib_path(), in a library of its own.
local_cuda_package <- function(name, lib_path, .frame = parent.frame()) {
  sources <- withr::local_tempdir(.local_envir = .frame)
  library <- withr::local_tempdir(.local_envir = .frame)
  folder <- file.path(sources, name)
  dir.create(file.path(folder, "R"), recursive = TRUE)
  writeLines(c(
    paste("Package:", name), "Version: 0.1", "Title: Stand-In",
    "Author: Nobody", "Maintainer: Nobody <nobody@example.org>",
    "Description: A stand-in.", "License: MIT"
  ), file.path(folder, "DESCRIPTION"))
  writeLines("export(lib_path)", file.path(folder, "NAMESPACE"))
  writeLines(
    paste("lib_path <-", lib_path), file.path(folder, "R", "paths.R")
  )
  new_file(folder, "inst", "nvrtc", "lib", "libnvrtc.so.12")
  new_file(folder, "inst", "nvrtc", "lib", "libnvrtc-builtins.so.12.8")
  utils::install.packages(
    folder, library, repos = NULL, type = "source", quiet = TRUE
  )
  withr::local_libpaths(library, "prefix", .local_envir = .frame)
  withr::defer(unloadNamespace(name), envir = .frame)
  file.path(library, name, "nvrtc", "lib", "libnvrtc.so.12")
}

test_that("packages that carry libraries of CUDA are asked, newest first", {
  skip_on_os("windows")
  local_no_cuda()
  component <- "function(component) system.file(component, \"lib\", package = "
  one <- local_cuda_package("cuda12.8", paste0(component, "\"cuda12.8\")"))
  expect_nvrtc(one, "R package cuda12.8")
  all <- "function() system.file(\"nvrtc\", \"lib\", package = \"cuda12.10\")"
  two <- local_cuda_package("cuda12.10", all)
  expect_nvrtc(two, "R package cuda12.10")
  said <- paste(capture_messages(found <- rkeops_sitrep()), collapse = "")
  expect_match(said, "R package cuda12.10", fixed = TRUE)
  expect_identical(found$toolchain$cuda, two)
})

test_that("a package whose lib_path() fails is looked at itself", {
  skip_on_os("windows")
  local_no_cuda()
  file <- local_cuda_package("cuda13.0", "function() stop(\"broken\")")
  folder <- dirname(dirname(dirname(file)))
  expect_false(any(folder == package_libraries("cuda12.99")))
  expect_identical(package_libraries("cuda13.0"), folder)
})

test_that("torch for R has it under a name with a digest", {
  skip_on_os("windows")
  local_no_cuda()
  home <- withr::local_tempdir()
  new_file(home, "lib", "libnvrtc-builtins-2dc4bf68.so.12.4")
  file <- new_file(home, "lib", "libnvrtc-672ee683.so.11.2")
  withr::local_envvar(TORCH_HOME = home)
  expect_nvrtc(file, "torch for R")
})

test_that("wheels are found in environments of Python, CUDA 13 before 12", {
  skip_on_os("windows")
  local_no_cuda()
  root <- withr::local_tempdir()
  withr::local_envvar(WORKON_HOME = root)
  site <- c(root, "r-rkeops", "lib", "python3.11", "site-packages", "nvidia")
  site <- paste(site, collapse = "/")
  old <- new_file(site, "cuda_nvrtc", "lib", "libnvrtc.so.12")
  expect_nvrtc(old, "Python, r-rkeops")
  new <- new_file(site, "cu13", "lib", "libnvrtc.so.13")
  expect_nvrtc(new, "Python, r-rkeops")

  other <- file.path(root, "mine")
  file.copy(file.path(root, "r-rkeops", "lib"), root, recursive = TRUE)
  dir.create(other)
  file.rename(file.path(root, "lib"), file.path(other, "lib"))
  mine <- sub("r-rkeops", "mine", new, fixed = TRUE)
  for (value in c("mine", other)) {
    withr::with_envvar(c(RETICULATE_PYTHON_ENV = value), {
      expect_nvrtc(mine, "Python, RETICULATE_PYTHON_ENV")
    })
  }
  program <- file.path(other, "bin", "python")
  withr::with_envvar(c(RETICULATE_PYTHON = program), {
    expect_nvrtc(mine, "Python, RETICULATE_PYTHON")
  })
  withr::with_envvar(c(VIRTUAL_ENV = other), {
    expect_nvrtc(mine, "Python, VIRTUAL_ENV")
  })
})

test_that("conda has it among its libraries", {
  skip_on_os("windows")
  local_no_cuda()
  prefix <- withr::local_tempdir()
  file <- new_file(prefix, "lib", "libnvrtc.so.13")
  withr::local_envvar(CONDA_PREFIX = prefix)
  expect_nvrtc(file, "conda, CONDA_PREFIX")
})

test_that("what is chosen comes before what is found", {
  skip_on_os("windows")
  local_no_cuda()
  prefix <- withr::local_tempdir()
  file <- new_file(prefix, "lib", "libnvrtc.so.13")
  home <- new_file(prefix, "cuda", "lib64", "libnvrtc.so.12")
  withr::local_envvar(CONDA_PREFIX = prefix,
                      CUDA_HOME = file.path(prefix, "cuda"))
  check_native(push_settings())
  expect_nvrtc(home, "CUDA_HOME")
  local_rkeops_options(nvrtc = file)
  expect_nvrtc(file, "option")
})

test_that("where there is none, the line to type is said, and nothing done", {
  local_rkeops_options(cuda_compiler = "nvcc", nvcc = "/nonexistent/nvcc")
  said <- paste(capture_messages(found <- rkeops_sitrep()), collapse = "")
  said <- gsub("[ \n]+", " ", said)
  expect_identical(found$toolchain$cuda, "")
  expect_identical(found$toolchain$cuda_origin, "")
  line <- "install.packages(\"cuda12.8\", repos = \"https://mlverse"
  expect_match(said, line, fixed = TRUE)
  expect_match(said, "virtualenv_create(\"r-rkeops\"", fixed = TRUE)
})
