# Users of R have the library NVRTC not only in the toolkit and the system, but
# in R packages that carry libraries of CUDA, in torch for R, in wheels of
# Python, in conda. These are searched when a GPU is asked for, since lib_path()
# loads such a package. In: the environment and the libraries of R. Out:
# folders, by what they belong to.

nvrtc_folders <- function() {
  found <- c(
    cuda_package_folders(), torch_folders(), python_folders(), conda_folders()
  )
  found <- found[dir.exists(found)]
  found[!duplicated(found)]
}

# Named by their origin.
named_folders <- function(folders, origin) {
  rlang::set_names(as.character(folders), rep(origin, length(folders)))
}

# Libraries stand in one of these below `folder`.
library_folders <- function(folder) {
  c(folder, file.path(folder, c("lib", "lib64", "bin", "bin/x64")))
}

# ---- R packages ----

# cuda12.8, cuda13.0, ...: the newest first, by number. Their lib_path() says
# where libraries are: all of them, or those of one component.
cuda_package_folders <- function() {
  packages <- unique(basename(list.files(.libPaths(), "^cuda[0-9]+[.][0-9]+$")))
  versions <- numeric_version(sub("^cuda", "", packages))
  packages <- packages[order(versions, decreasing = TRUE)]
  unlist(lapply(packages, function(package) {
    folders <- unlist(lapply(package_libraries(package), library_folders))
    named_folders(folders, paste("R package", package))
  }))
}

package_libraries <- function(package) {
  for (arguments in list(list("nvrtc"), list())) {
    paths <- tryCatch(
      do.call(getExportedValue(package, "lib_path"), arguments),
      error = function(error) NULL
    )
    if (checkmate::test_character(paths, any.missing = FALSE, min.len = 1L)) {
      return(paths)
    }
  }
  system.file(package = package)
}

# Its libraries are in TORCH_HOME where that is set, else in the package.
torch_folders <- function() {
  home <- Sys.getenv("TORCH_HOME", system.file(package = "torch"))
  if (nzchar(home)) named_folders(library_folders(home), "torch for R")
}

# ---- Python ----

# Environments that are named to R or to the shell, and the one that the advice
# of rkeops makes.
python_folders <- function() {
  named <- Sys.getenv("RETICULATE_PYTHON_ENV")
  program <- Sys.getenv("RETICULATE_PYTHON")
  environments <- c(
    RETICULATE_PYTHON_ENV = environment_folder(named),
    RETICULATE_PYTHON = if (nzchar(program)) dirname(dirname(program)),
    VIRTUAL_ENV = Sys.getenv("VIRTUAL_ENV"),
    CONDA_PREFIX = Sys.getenv("CONDA_PREFIX"),
    environment_folder(advised_environment)
  )
  environments <- environments[nzchar(environments)]
  unlist(lapply(seq_along(environments), function(index) {
    variable <- rlang::names2(environments)[[index]]
    if (!nzchar(variable)) variable <- advised_environment
    named_folders(
      wheel_folders(environments[[index]]), paste("Python,", variable)
    )
  }))
}

advised_environment <- "r-rkeops"

# A path, or the name of one of the user's environments.
environment_folder <- function(name) {
  if (!nzchar(name) || grepl("[/\\]", name)) {
    return(path.expand(name))
  }
  root <- Sys.getenv("WORKON_HOME", "~/.virtualenvs")
  file.path(path.expand(root), name)
}

# nvidia-cuda-nvrtc of CUDA 13, of CUDA 12 and older; the newest Python first.
wheel_folders <- function(environment) {
  sites <- Sys.glob(file.path(
    environment, c("lib/python3*/site-packages", "Lib/site-packages")
  ))
  wheels <- Sys.glob(file.path(rev(sites), "nvidia", "cu1[0-9]"))
  libraries <- c(
    outer(c("lib", "bin/x86_64", "bin"), rev(wheels), function(folder, wheel) {
      file.path(wheel, folder)
    }),
    outer(c("lib", "bin"), rev(sites), function(folder, site) {
      file.path(site, "nvidia", "cuda_nvrtc", folder)
    })
  )
  libraries[dir.exists(libraries)]
}

conda_folders <- function() {
  prefix <- Sys.getenv("CONDA_PREFIX")
  if (nzchar(prefix)) {
    folders <- file.path(prefix, c("lib", "Library/bin", "Library/bin/x64"))
    named_folders(folders, "conda, CONDA_PREFIX")
  }
}

# ---- advice ----

# Nothing is downloaded unasked: the line that a user types is all.
cuda_compiler_advice <- function() {
  c(
    paste(
      "In R, without administrator: `install.packages(\"cuda12.8\",",
      "repos = \"https://mlverse.r-universe.dev\")`, then `use_gpu()`."
    ),
    paste0(
      "With Python: `reticulate::virtualenv_create(\"", advised_environment,
      "\", packages = \"nvidia-cuda-nvrtc-cu12\")`, then `use_gpu()`."
    ),
    paste(
      "Or install cuda-nvrtc of conda or NVIDIA, libnvrtc of Debian and",
      "Ubuntu, or the CUDA toolkit."
    ),
    paste(
      "In another place: `set_rkeops_option(\"nvrtc\", path)` or",
      "`set_rkeops_option(\"nvcc\", path)`."
    )
  )
}
