# Reads each text of a JSON list on stdin as dotenv for Ruby reads a file of it; prints its version and what it got.
# Commands are not run: the substitution for them is taken out.
Encoding.default_external = Encoding::UTF_8
require "json"
require "dotenv"
require "dotenv/version"

Dotenv::Parser.substitutions.delete(Dotenv::Substitutions::Command)
path = ARGV.fetch(0)
readings = JSON.parse($stdin.read).map do |text|
  File.binwrite(path, text)
  begin
    environment =
      Dotenv::VERSION < "3" ? Dotenv::Environment.new(path, false) : Dotenv::Environment.new(path, overwrite: false)
    { values: environment.to_a }
  rescue Dotenv::FormatError
    { refused: true }
  end
end
$stdout.write(JSON.generate({ version: Dotenv::VERSION, readings: readings }))
