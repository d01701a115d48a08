# The test programs of the C++ code. The comment at the head of each holds the
# command that compiles it, from the root of the sources.

skip_on_cran()
skip_without_compiler()

root <- source_root()

# The flags and the sources besides the program itself of this command.
command_words <- function(program) {
  lines <- readLines(program)
  head <- lines[seq_len(match(TRUE, !grepl("^//", lines)) - 1L)]
  text <- sub("^// ?", "", head)
  start <- match(TRUE, grepl("^ *(g|clang)\\+\\+ ", text))
  if (is.na(start)) {
    # Headers only: what generated code is compiled with.
    return(list(flags = "-march=native", sources = character()))
  }
  # The command ends where prose begins again.
  continues <- grepl("^ *(src/|tests/|-)", text)
  last <- start + match(FALSE, c(continues[-seq_len(start)], FALSE)) - 1L
  words <- strsplit(paste(text[start:last], collapse = " "), " +")[[1L]]
  list(
    flags = grep("^-(m|O|D|f|l|pthread)", words, value = TRUE),
    sources = grep("^src/.*\\.cpp$", words, value = TRUE)
  )
}

compiler_words <- function() {
  c(
    strsplit(cxx_command(), " ")[[1L]], "-O2", "-pthread", "-I", "src",
    "-I", "inst/include"
  )
}

run_words <- function(words) {
  suppressWarnings(
    system2(words[1L], shQuote(words[-1L]), stdout = TRUE, stderr = TRUE)
  )
}

# An archive with the objects of these sources: programs share most of them, and
# a directory where the package was compiled has them all.
archive_of <- function(sources) {
  withr::local_dir(root)
  sources <- unique(Sys.glob(sources))
  directory <- tempfile("archive")
  dir.create(directory)
  archive <- file.path(directory, "sources.a")
  compiled <- Sys.getenv("RKEOPS_OBJECTS")
  if (nzchar(compiled)) {
    objects <- sub("^src/(.*)cpp$", "\\1o", sources)
    output <- run_words(c("ar", "rc", archive, file.path(compiled, objects)))
    if (!is.null(attr(output, "status"))) stop(paste(output, collapse = "\n"))
    return(archive)
  }
  objects <- file.path(directory, sub("cpp$", "o", gsub("/", "-", sources)))
  compile <- paste(shQuote(compiler_words()), collapse = " ")
  makefile <- file.path(directory, "Makefile")
  writeLines(c(
    sprintf("%s: %s", archive, paste(objects, collapse = " ")),
    "\tar rc $@ $^",
    sprintf("%s: %s\n\t%s -c $< -o $@", objects, sources, compile)
  ), makefile)
  output <- run_words(c(Sys.getenv("MAKE", "make"), "-f", makefile))
  if (!file.exists(archive)) stop(paste(output, collapse = "\n"))
  archive
}

run_program <- function(program, archive) {
  withr::local_dir(root)
  words <- command_words(program)
  binary <- withr::local_tempfile()
  output <- run_words(c(
    compiler_words(), program, words$flags,
    if (length(words$sources)) archive, "-o", binary, "-ldl"
  ))
  if (!is.null(attr(output, "status"))) {
    return(output)
  }
  run_words(binary)
}

programs <- list.files(
  file.path(root, "tests", "testthat", "cpp"), "\\.cpp$", full.names = TRUE
)
archive <- archive_of(unlist(lapply(programs, function(program) {
  command_words(program)$sources
})))

for (program in programs) {
  test_that(paste("the program", basename(program), "finds no error"), {
    output <- run_program(program, archive)
    wrong <- paste(utils::tail(grep(" ok$", output, value = TRUE,
      invert = TRUE
    ), 40), collapse = "\n")
    expect_true(is.null(attr(output, "status")), info = wrong)
    expect_false(any(grepl("FAIL", output)), info = wrong)
  })
}
