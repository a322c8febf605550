#!/usr/bin/perl
# Constant load on a service: asks it again and again, 50 times a second, and keeps count.
#   load.pl PORT FILE      FILE holds "REQUESTS FAILED", and the first failure if there was one
use strict;
use warnings;
use IO::Socket::INET;

my ($port, $file) = @ARGV;
my ($requests, $failed, $first) = (0, 0, '');
$SIG{TERM} = sub { report(); exit 0 };
$SIG{PIPE} = 'IGNORE';

sub report {
  open(my $out, '>', "$file.new") or die "cannot write $file: $!\n";
  print $out "$requests $failed $first\n";
  close $out;
  rename "$file.new", $file;
}

sub ask {
  my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => 10) or return "cannot connect: $!";
  print $socket "GET /version HTTP/1.1\r\nHost: shop.example.com\r\nConnection: close\r\n\r\n";
  my $answer = '';
  while (sysread($socket, my $bytes, 4096)) { $answer .= $bytes }
  return $answer =~ m{^HTTP/1\.1 200 .*\r\n\r\n\S}s ? '' : 'answered ' . (split(/\r?\n/, $answer))[0] // 'nothing';
}

while (1) {
  my $problem = ask();
  ++$requests;
  if ($problem) { ++$failed; $first ||= $problem }
  report() if $requests % 10 == 0;
  select(undef, undef, undef, 0.02);
}
