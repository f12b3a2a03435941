-- The HTML part of a mail; empty for mail written before there was one, and once it is sent.
alter table outbox add column html text not null default '';
