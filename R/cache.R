# The directory of compiled formulas: the one of the session, or one that stays.
# The native code knows what is in it.

#' The directory of compiled formulas
#'
#' A compiled formula is kept for later calls in a directory that is private to
#' the user. By default this is a directory of the session, which goes with it.
#' After `rkeops_use_persistent_cache()` it is
#' `tools::R_user_dir("rkeops", "cache")`, so that the next session need not
#' compile again. The environment variable `RKEOPS_CACHE_DIR`, set before R
#' starts, chooses a directory for all sessions.
#'
#' A directory that is chosen is made and tried at once: it must be the user's
#' own, writable by nobody else, with space left, and on a disk that allows
#' programs (not mounted `noexec`); else the choice is an error of class
#' `rkeops_error_cache` that says what is missing, and nothing changes. The
#' directory of a session and that of `RKEOPS_CACHE_DIR` are tried when a
#' formula is compiled.
#'
#' A checksum beside each compiled formula is compared when it is loaded: one
#' that was damaged, cut off or exchanged is compiled again.
#'
#' When the directory holds more than the option `cache_maximum_bytes`, what was
#' used least recently is removed.
#'
#' @param cache_dir A path; `NULL` for the default.
#' @param verbose Whether to say what was done.
#' @param startup,all,remove_cache_dir For scripts of rkeops 2.x.
#'   `remove_cache_dir = TRUE` removes the directory too; the two others do
#'   nothing.
#'
#' @return `get_rkeops_cache_dir()` returns the path. `set_rkeops_cache_dir()`
#'   and `rkeops_use_persistent_cache()` return invisibly the list of the
#'   options they replaced. `stat_rkeops_cache_dir()` returns invisibly the size
#'   of the directory as a string, `"8.4K"`; `clean_rkeops()`, which empties it,
#'   returns invisibly the number of files removed.
#' @export
#' @examples
#' get_rkeops_cache_dir()
#' stat_rkeops_cache_dir()
#' clean_rkeops()
get_rkeops_cache_dir <- function() {
  settings$cache_dir
}

#' @rdname get_rkeops_cache_dir
#' @export
set_rkeops_cache_dir <- function(cache_dir = NULL, verbose = FALSE) {
  call <- rlang::current_env()
  path <- read_cache_dir(cache_dir, "cache_dir", call)
  if (!is.null(cache_dir)) {
    try_cache_dir(path, call)
  }
  previous <- change_settings(list(cache_dir = path), call)
  if (check_flag(verbose, "verbose", call)) {
    cli::cli_inform("Compiled formulas are kept in {.path {path}}.")
  }
  invisible(previous)
}

try_cache_dir <- function(path, call) {
  check_native(r_cache_try(path), call)
  session$tried_cache_dirs <- union(session$tried_cache_dirs, path)
}

#' @rdname get_rkeops_cache_dir
#' @export
rkeops_use_persistent_cache <- function(verbose = TRUE) {
  set_rkeops_cache_dir(tools::R_user_dir("rkeops", "cache"), verbose)
}

#' @rdname get_rkeops_cache_dir
#' @export
stat_rkeops_cache_dir <- function(verbose = TRUE, startup = FALSE) {
  call <- rlang::current_env()
  files <- list_cache(call)
  size <- format_size(sum(files$bytes))
  if (check_flag(verbose, "verbose", call)) {
    count <- nrow(files)
    cli::cli_inform(
      "{count} compiled formula{?s}, {size}, in {.path {settings$cache_dir}}."
    )
  }
  invisible(size)
}

#' @rdname get_rkeops_cache_dir
#' @export
clean_rkeops <- function(verbose = TRUE, all = TRUE,
                         remove_cache_dir = FALSE) {
  call <- rlang::current_env()
  path <- settings$cache_dir
  removed <- check_native(r_cache_clear(path), call)
  if (check_flag(remove_cache_dir, "remove_cache_dir", call)) {
    unlink(path, recursive = TRUE)
  }
  if (check_flag(verbose, "verbose", call)) {
    cli::cli_inform("{removed} file{?s} removed from {.path {path}}.")
  }
  invisible(removed)
}

list_cache <- function(call) {
  check_native(r_cache_list(settings$cache_dir), call)
}

# "0", "512B", "8.4K", "1.3M"
format_size <- function(bytes) {
  if (bytes <= 0) {
    return("0")
  }
  power <- min(floor(log(bytes, 1024)), 4)
  number <- bytes / 1024^power
  number <- round(number, if (number < 10) 1 else 0)
  paste0(number, c("B", "K", "M", "G", "T")[power + 1])
}

default_cache_dir <- function() {
  chosen <- Sys.getenv("RKEOPS_CACHE_DIR")
  if (nzchar(chosen)) path.expand(chosen) else session_cache_dir()
}

session_cache_dir <- function() {
  file.path(tempdir(), "rkeops")
}
