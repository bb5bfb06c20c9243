# Installs Engram on Windows, or brings it up to date: fetches the file, compares it with its checksum, puts it into place.
# Needs no administrator.
param(
  [string]$To = (Join-Path $env:LOCALAPPDATA 'Programs\Engram'),
  [switch]$Lite,
  [switch]$Uninstall
)
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

# Each release writes its own address into the copy it publishes.
$DownloadUrl = '@DOWNLOAD_URL@'
$Names = @('engram-cli.exe', 'engram-server.exe', 'engram-mcp.exe')

function Get-Source {
  $source = if ($env:ENGRAM_DOWNLOAD_URL) { $env:ENGRAM_DOWNLOAD_URL } else { $DownloadUrl }
  if ($source.StartsWith('@')) {
    throw 'Set $env:ENGRAM_DOWNLOAD_URL to the address of a release, or to a folder that holds its files.'
  }
  $isLocal = $source -match '^http://(127\.0\.0\.1|localhost)[:/]'
  if ($source.StartsWith('http://') -and -not $isLocal) {
    throw "$source is not encrypted, so anybody on the way could change the program. Use an https:// address."
  }
  $source.TrimEnd('/')
}

function Get-File([string]$Source, [string]$Name, [string]$Path) {
  if ($Source -match '^https?://') { Invoke-WebRequest -UseBasicParsing -Uri "$Source/$Name" -OutFile $Path }
  else { Copy-Item -LiteralPath (Join-Path $Source $Name) -Destination $Path }
}

function Set-UserPath([scriptblock]$Change) {
  $parts = @([Environment]::GetEnvironmentVariable('Path', 'User') -split ';' | Where-Object { $_ -and $_ -ne $To })
  [Environment]::SetEnvironmentVariable('Path', (& $Change $parts) -join ';', 'User')
}

function Uninstall-Engram {
  $program = Join-Path $To 'engram.exe'
  if (-not (Test-Path -LiteralPath $program)) {
    Write-Output "There is no $program; nothing to do."
    return
  }
  & $program service uninstall
  if ($LASTEXITCODE -ne 0) { throw 'The service has to go first; see above.' }
  foreach ($name in $Names + 'engram.exe') {
    Remove-Item -LiteralPath (Join-Path $To $name) -Force -ErrorAction SilentlyContinue
  }
  Set-UserPath { param($parts) $parts }
  Write-Output "Removed $program. Memories and settings stay where they are."
}

function Install-Engram {
  if ($env:PROCESSOR_ARCHITECTURE -notin 'AMD64', 'ARM64') { throw 'Engram needs a 64-bit Windows.' }
  $source = Get-Source
  $name = if ($Lite) { 'engram-windows-x64-lite.exe' } else { 'engram-windows-x64.exe' }
  New-Item -ItemType Directory -Force -Path $To | Out-Null
  $work = Join-Path $To ".engram-install-$PID"
  New-Item -ItemType Directory -Path $work | Out-Null
  try {
    Write-Output "Fetching $name"
    $sums = Join-Path $work 'SHA256SUMS'
    $fetched = Join-Path $work 'engram.exe'
    Get-File $source 'SHA256SUMS' $sums
    Get-File $source $name $fetched
    $line = Get-Content -LiteralPath $sums | Where-Object { ($_ -split '\s+\*?', 2)[1] -eq $name } | Select-Object -First 1
    if (-not $line) { throw "This release has no ${name}: its SHA256SUMS does not name it." }
    $wanted = ($line -split '\s+')[0]
    $found = (Get-FileHash -Algorithm SHA256 -LiteralPath $fetched).Hash
    if ($found -ne $wanted) { throw "$name is not what SHA256SUMS says ($found in place of $wanted). Nothing was installed." }
    $version = & $fetched --version
    if ($LASTEXITCODE -ne 0) { throw "$name was fetched whole, but does not run on this machine. Nothing was installed." }
    # Windows lets nobody overwrite a program that runs, but lets it be renamed.
    $program = Join-Path $To 'engram.exe'
    Get-ChildItem -LiteralPath $To -Filter 'engram.exe.old*' | Remove-Item -Force -ErrorAction SilentlyContinue
    if (Test-Path -LiteralPath $program) { Move-Item -LiteralPath $program -Destination "$program.old-$PID" }
    Move-Item -LiteralPath $fetched -Destination $program
    foreach ($link in $Names) {
      $path = Join-Path $To $link
      Remove-Item -LiteralPath $path -Force -ErrorAction SilentlyContinue
      # Symbolic links need an administrator here; a second name for the same file does not.
      if (-not (Test-Path -LiteralPath $path)) { New-Item -ItemType HardLink -Path $path -Target $program | Out-Null }
    }
  } finally {
    Remove-Item -LiteralPath $work -Recurse -Force -ErrorAction SilentlyContinue
  }
  Set-UserPath { param($parts) $parts + $To }
  Write-Output "Installed $version as $program"
  Write-Output 'In a new window: "engram serve" runs the server, "engram service install" runs it at every logon.'
}

if ($Uninstall) { Uninstall-Engram } else { Install-Engram }
