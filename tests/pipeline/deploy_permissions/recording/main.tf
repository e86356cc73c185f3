# What tests/pipeline/deploy_permissions/record.py deploys, changes and destroys with the provider that users have.
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}
provider "aws" {
  region                      = "eu-west-1"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  s3_use_path_style           = true
}
variable "change" { default = "before" }
variable "code" {}
locals {
  tags  = { team = "web", change = var.change }
  trust = { for s in ["lambda", "ecs-tasks", "states", "events", "scheduler", "firehose", "ec2"] : s => jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { Service = "${s}.amazonaws.com" }, Action = "sts:AssumeRole" }] }) }
}
resource "aws_s3_bucket" "b" {
  bucket        = "acme-site"
  force_destroy = true
  tags          = local.tags
}
resource "aws_s3_bucket_versioning" "b" {
  bucket = aws_s3_bucket.b.id
  versioning_configuration { status = var.change == "before" ? "Enabled" : "Suspended" }
}
resource "aws_s3_bucket_policy" "b" {
  bucket = aws_s3_bucket.b.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Deny", Principal = "*", Action = "s3:DeleteObject", Resource = "${aws_s3_bucket.b.arn}/${var.change}" }] })
}
resource "aws_s3_bucket_public_access_block" "b" {
  bucket              = aws_s3_bucket.b.id
  block_public_acls   = true
  block_public_policy = var.change == "before"
}
resource "aws_s3_bucket_server_side_encryption_configuration" "b" {
  bucket = aws_s3_bucket.b.id
  rule {
    apply_server_side_encryption_by_default { sse_algorithm = "AES256" }
  }
}
resource "aws_s3_bucket_lifecycle_configuration" "b" {
  bucket = aws_s3_bucket.b.id
  rule {
    id     = "old"
    status = "Enabled"
    filter { prefix = var.change }
    expiration { days = 30 }
  }
}
resource "aws_s3_bucket_ownership_controls" "b" {
  bucket = aws_s3_bucket.b.id
  rule { object_ownership = "BucketOwnerEnforced" }
}
resource "aws_s3_bucket_cors_configuration" "b" {
  bucket = aws_s3_bucket.b.id
  cors_rule {
    allowed_methods = ["GET"]
    allowed_origins = ["https://${var.change}.example.com"]
  }
}
resource "aws_s3_object" "o" {
  bucket  = aws_s3_bucket.b.id
  key     = "index.html"
  content = var.change
}
resource "aws_sqs_queue" "q" {
  name          = "orders"
  delay_seconds = var.change == "before" ? 1 : 2
  tags          = local.tags
}
resource "aws_sqs_queue_policy" "q" {
  queue_url = aws_sqs_queue.q.id
  policy    = jsonencode({ Version = "2012-10-17", Statement = [{ Sid = var.change, Effect = "Allow", Principal = { Service = "sns.amazonaws.com" }, Action = "sqs:SendMessage", Resource = aws_sqs_queue.q.arn }] })
}
resource "aws_sns_topic" "t" {
  name         = "paid"
  display_name = var.change
  tags         = local.tags
}
resource "aws_sns_topic_subscription" "t" {
  topic_arn            = aws_sns_topic.t.arn
  protocol             = "sqs"
  endpoint             = aws_sqs_queue.q.arn
  raw_message_delivery = var.change == "before"
}
resource "aws_dynamodb_table" "d" {
  name         = "orders"
  hash_key     = "id"
  billing_mode = "PAY_PER_REQUEST"
  attribute {
    name = "id"
    type = "S"
  }
  ttl {
    attribute_name = "until"
    enabled        = true
  }
  tags = local.tags
}
resource "aws_iam_role" "l" {
  name               = "worker"
  assume_role_policy = local.trust["lambda"]
  description        = var.change
  tags               = local.tags
}
resource "aws_iam_role_policy" "l" {
  name   = "worker"
  role   = aws_iam_role.l.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "${aws_s3_bucket.b.arn}/${var.change}" }] })
}
resource "aws_iam_policy" "p" {
  name   = "reader"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "${aws_s3_bucket.b.arn}/${var.change}" }] })
  tags   = local.tags
}
resource "aws_iam_role_policy_attachment" "l" {
  role       = aws_iam_role.l.name
  policy_arn = aws_iam_policy.p.arn
}
resource "aws_iam_user" "u" {
  name = "bot"
  tags = local.tags
}
resource "aws_iam_user_policy" "u" {
  name   = "bot"
  user   = aws_iam_user.u.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "${aws_s3_bucket.b.arn}/${var.change}" }] })
}
resource "aws_iam_access_key" "u" { user = aws_iam_user.u.name }
resource "aws_iam_group" "g" { name = "team" }
resource "aws_iam_instance_profile" "i" {
  name = "server"
  role = aws_iam_role.l.name
}
resource "aws_lambda_function" "f" {
  function_name = "worker"
  role          = aws_iam_role.l.arn
  filename      = var.code
  handler       = "a.b"
  runtime       = "python3.12"
  description   = var.change
  tags          = local.tags
}
resource "aws_lambda_permission" "f" {
  function_name = aws_lambda_function.f.function_name
  action        = "lambda:InvokeFunction"
  principal     = "events.amazonaws.com"
  statement_id  = "events"
}
resource "aws_lambda_event_source_mapping" "f" {
  function_name    = aws_lambda_function.f.arn
  event_source_arn = aws_sqs_queue.q.arn
  batch_size       = var.change == "before" ? 5 : 6
}
resource "aws_lambda_alias" "f" {
  name             = "live"
  function_name    = aws_lambda_function.f.function_name
  function_version = "$LATEST"
  description      = var.change
}
resource "aws_cloudwatch_log_group" "g" {
  name              = "/aws/lambda/worker"
  retention_in_days = var.change == "before" ? 7 : 14
  tags              = local.tags
}
resource "aws_cloudwatch_event_rule" "r" {
  name                = "nightly"
  schedule_expression = "rate(1 day)"
  description         = var.change
  tags                = local.tags
}
resource "aws_cloudwatch_event_target" "r" {
  rule      = aws_cloudwatch_event_rule.r.name
  arn       = aws_lambda_function.f.arn
  target_id = "f"
  input     = jsonencode(var.change)
}
resource "aws_cloudwatch_event_bus" "b" { name = "orders" }
resource "aws_cloudwatch_event_rule" "c" {
  name           = "paid"
  event_bus_name = aws_cloudwatch_event_bus.b.name
  event_pattern  = jsonencode({ source = [var.change] })
}
resource "aws_cloudwatch_metric_alarm" "a" {
  alarm_name          = "many"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 1
  metric_name         = "x"
  namespace           = "y"
  period              = 60
  statistic           = "Sum"
  threshold           = var.change == "before" ? 1 : 2
  tags                = local.tags
}
resource "aws_kms_key" "k" {
  description         = var.change
  enable_key_rotation = true
  tags                = local.tags
}
resource "aws_kms_alias" "k" {
  name          = "alias/app"
  target_key_id = aws_kms_key.k.key_id
}
resource "aws_secretsmanager_secret" "s" {
  name                    = "token"
  description             = var.change
  recovery_window_in_days = 0
  kms_key_id              = aws_kms_key.k.arn
  tags                    = local.tags
}
resource "aws_secretsmanager_secret_version" "s" {
  secret_id     = aws_secretsmanager_secret.s.id
  secret_string = "made-up-${var.change}"
}
resource "aws_ssm_parameter" "p" {
  name  = "/app/url"
  type  = "String"
  value = var.change
  tags  = local.tags
}
resource "aws_ssm_parameter" "k" {
  name   = "secure"
  type   = "SecureString"
  value  = "made-up-${var.change}"
  key_id = aws_kms_key.k.arn
}
resource "aws_ecr_repository" "r" {
  name                 = "app"
  image_tag_mutability = var.change == "before" ? "MUTABLE" : "IMMUTABLE"
  tags                 = local.tags
}
resource "aws_ecr_lifecycle_policy" "r" {
  repository = aws_ecr_repository.r.name
  policy     = jsonencode({ rules = [{ rulePriority = 1, description = var.change, selection = { tagStatus = "untagged", countType = "imageCountMoreThan", countNumber = 5 }, action = { type = "expire" } }] })
}
resource "aws_vpc" "v" {
  cidr_block           = "10.0.0.0/16"
  enable_dns_hostnames = true
  tags                 = local.tags
}
resource "aws_subnet" "s" {
  vpc_id     = aws_vpc.v.id
  cidr_block = "10.0.1.0/24"
  tags       = local.tags
}
resource "aws_internet_gateway" "i" {
  vpc_id = aws_vpc.v.id
  tags   = local.tags
}
resource "aws_route_table" "r" {
  vpc_id = aws_vpc.v.id
  tags   = local.tags
}
resource "aws_route" "r" {
  route_table_id         = aws_route_table.r.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.i.id
}
resource "aws_route_table_association" "r" {
  subnet_id      = aws_subnet.s.id
  route_table_id = aws_route_table.r.id
}
resource "aws_security_group" "g" {
  name   = "web"
  vpc_id = aws_vpc.v.id
  ingress {
    from_port   = 80
    to_port     = var.change == "before" ? 80 : 81
    protocol    = "tcp"
    cidr_blocks = ["10.0.0.0/8"]
  }
  tags = local.tags
}
resource "aws_vpc_security_group_ingress_rule" "g" {
  security_group_id = aws_security_group.h.id
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "10.0.0.0/8"
  description       = var.change
}
resource "aws_security_group" "h" {
  name   = "other"
  vpc_id = aws_vpc.v.id
}
resource "aws_eip" "e" {
  domain = "vpc"
  tags   = local.tags
}
resource "aws_ecs_cluster" "c" {
  name = "app"
  tags = local.tags
}
resource "aws_ecs_task_definition" "t" {
  family                = "web"
  execution_role_arn    = aws_iam_role.l.arn
  container_definitions = jsonencode([{ name = "web", image = "nginx", memory = 128, environment = [{ name = "A", value = var.change }] }])
}
resource "aws_sfn_state_machine" "s" {
  name       = "flow"
  role_arn   = aws_iam_role.l.arn
  definition = jsonencode({ StartAt = "A", States = { A = { Type = "Pass", End = true, Comment = var.change } } })
  tags       = local.tags
}
resource "aws_kinesis_stream" "k" {
  name             = "clicks"
  shard_count      = 1
  retention_period = var.change == "before" ? 24 : 48
  tags             = local.tags
}
resource "aws_apigatewayv2_api" "a" {
  name          = "api"
  protocol_type = "HTTP"
  description   = var.change
  tags          = local.tags
}
resource "aws_apigatewayv2_integration" "a" {
  api_id                 = aws_apigatewayv2_api.a.id
  integration_type       = "AWS_PROXY"
  integration_uri        = aws_lambda_function.f.arn
  payload_format_version = "2.0"
}
resource "aws_apigatewayv2_route" "a" {
  api_id    = aws_apigatewayv2_api.a.id
  route_key = "GET /"
  target    = "integrations/${aws_apigatewayv2_integration.a.id}"
}
resource "aws_apigatewayv2_stage" "a" {
  api_id      = aws_apigatewayv2_api.a.id
  name        = "live"
  auto_deploy = true
  description = var.change
  tags        = local.tags
}
resource "aws_cognito_user_pool" "c" {
  name = "users"
  tags = local.tags
}
resource "aws_cognito_user_pool_client" "c" {
  name         = "web"
  user_pool_id = aws_cognito_user_pool.c.id
}
resource "aws_route53_zone" "z" {
  name    = "example.com"
  comment = var.change
  tags    = local.tags
}
resource "aws_route53_record" "z" {
  zone_id = aws_route53_zone.z.zone_id
  name    = "www.example.com"
  type    = "A"
  ttl     = 60
  records = [var.change == "before" ? "10.0.0.1" : "10.0.0.2"]
}
resource "aws_acm_certificate" "c" {
  domain_name       = "example.com"
  validation_method = "DNS"
  tags              = local.tags
}
resource "aws_efs_file_system" "e" {
  creation_token = "shared"
  tags           = local.tags
}
resource "aws_scheduler_schedule" "s" {
  name                = "nightly"
  schedule_expression = "rate(1 day)"
  description         = var.change
  flexible_time_window { mode = "OFF" }
  target {
    arn      = aws_sqs_queue.q.arn
    role_arn = aws_iam_role.l.arn
  }
}
