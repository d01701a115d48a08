# The words that start R's own C++17 compiler, read from R's configuration
# without starting a process.

cxx_command <- function() {
  chosen <- c(settings$compiler, Sys.getenv("RKEOPS_CXX"))
  chosen <- chosen[nzchar(chosen)]
  if (length(chosen)) {
    return(with_standard(chosen[1L]))
  }
  makeconf <- read_makeconf(makeconf_path())
  trimws(paste(
    expand_variable("CXX17", makeconf), expand_variable("CXX17STD", makeconf)
  ))
}

# A compiler the user names knows no standard by itself.
with_standard <- function(command) {
  if (grepl("-std=", command, fixed = TRUE)) {
    return(command)
  }
  paste(command, "-std=c++17")
}

makeconf_path <- function() {
  architecture <- .Platform$r_arch
  file.path(paste0(R.home("etc"), architecture), "Makeconf")
}

# Named character vector of the "NAME = value" lines.
read_makeconf <- function(path) {
  lines <- read_if_any(path)
  pattern <- "^([A-Za-z0-9_]+) *= *(.*)$"
  lines <- grep(pattern, lines, value = TRUE)
  rlang::set_names(
    sub(pattern, "\\2", lines), sub(pattern, "\\1", lines)
  )
}

# Values may refer to other variables: "$(CXX) -m64".
expand_variable <- function(name, makeconf, depth = 8L) {
  value <- if (name %in% names(makeconf)) makeconf[[name]] else ""
  places <- gregexpr("\\$\\([A-Za-z0-9_]+\\)", value)
  references <- unique(regmatches(value, places)[[1L]])
  for (word in if (depth > 0L) references) {
    inner <- expand_variable(substr(word, 3L, nchar(word) - 1L), makeconf,
                             depth - 1L)
    value <- gsub(word, inner, value, fixed = TRUE)
  }
  value
}
